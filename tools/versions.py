"""Keep the versions of the packages in step: show and check them, or set them anew.

    python tools/versions.py
    python tools/versions.py 0.2.0

All packages have one version, and each that builds on rs-core requires ``rs-core>=X.Y,<X.Z`` around it.
"""

import re
import sys
from pathlib import Path

PACKAGES = Path(__file__).parents[1] / "packages"
VERSION = re.compile(r'__version__ = "(\d+)\.(\d+)\.(\d+)"\n')
PIN = re.compile(r"(rs-core(?:\[[\w,]+\])?)>=[\d.]+,<[\d.]+")


def main(arguments: list[str]) -> int:
    """Set the versions, if one is given; then show them and give 1 if they are out of step."""
    if arguments:
        set_versions(arguments[0])
    problems = find_problems()
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"all packages are {version_of('rs-core')}, and require rs-core{range_around(version_of('rs-core'))}")
    return 1 if problems else 0


def set_versions(version: str) -> None:
    """Write a version and the range around it into every package."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"{version!r}: give a version such as 0.2.0")
    for package in packages():
        version_file(package).write_text(f'__version__ = "{version}"\n')
        project = PACKAGES / package / "pyproject.toml"
        project.write_text(PIN.sub(rf"\g<1>{range_around(version)}", project.read_text()))


def find_problems() -> list[str]:
    """Say which packages have another version than rs-core, or require another one of it."""
    wanted = version_of("rs-core")
    problems = []
    for package in packages():
        if version_of(package) != wanted:
            problems.append(f"{package} is {version_of(package)}, rs-core {wanted}")
        pins = [match[0] for match in PIN.finditer((PACKAGES / package / "pyproject.toml").read_text())]
        if package != "rs-core" and not pins:
            problems.append(f"{package} does not require rs-core within a range")
        problems += [f"{package} requires {pin}" for pin in pins if not pin.endswith(range_around(wanted))]
    return problems


def packages() -> list[str]:
    """Give the names of the packages, rs-core first."""
    return sorted((path.parent.name for path in PACKAGES.glob("*/pyproject.toml")), key=lambda name: name != "rs-core")


def version_file(package: str) -> Path:
    """Give the file that holds the version of a package."""
    return PACKAGES / package / "src" / package.replace("-", "_") / "_version.py"


def version_of(package: str) -> str:
    """Read the version of a package."""
    return ".".join(VERSION.fullmatch(version_file(package).read_text()).groups())  # type: ignore[union-attr]


def range_around(version: str) -> str:
    """Give the range of compatible versions, those with the same first two numbers.

    >>> range_around("0.4.2")
    '>=0.4,<0.5'
    """
    major, minor, _ = map(int, version.split("."))
    return f">={major}.{minor},<{major}.{minor + 1}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
