"""The wheel of every package: what is in it, and what it requires."""

import email
import runpy
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent
VERSIONS = PACKAGES.parent / "tools" / "versions.py"

NEEDED = {
    "rs-core": ["torch>=2.9"],
    "rs-semisup": ["duckdb>=1.4", "rs-core[data,train]<0.2,>=0.1"],
    "rs-transfer": [
        "ftfy>=6",
        "mmcv-lite<2.2,>=2.1",
        "mmdet<3.4,>=3.3",
        "mmengine<0.11,>=0.10.7",
        "mmsegmentation<1.3,>=1.2.2",
        "regex>=2024",
        "rs-core[data,train]<0.2,>=0.1",
        "setuptools<81,>=77.0.3",
        "torchvision>=0.24",
    ],
    "rs-video": ["av<19,>=18", "rs-core[train]<0.2,>=0.1"],
}


@pytest.fixture(scope="module", params=NEEDED)
def package(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def wheel(package, build_wheel) -> dict[str, bytes]:
    return build_wheel(PACKAGES / package)


def test_every_package_is_looked_into():
    assert {path.parent.name for path in PACKAGES.glob("*/pyproject.toml")} == set(NEEDED)


def test_the_wheel_holds_the_package_and_nothing_else(package, wheel):
    module = package.replace("-", "_")
    source = PACKAGES / package / "src"
    files = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    # Caches of Python and of the tools lie among the sources but are ignored by git.
    sources = {path.as_posix() for path in files if not any(part.startswith((".", "__pyc")) for part in path.parts)}
    assert {name for name in wheel if not name.startswith(f"{module}-")} == sources
    assert f"{module}/__init__.py" in sources


def test_it_says_that_it_is_typed_and_under_which_license(package, wheel):
    assert wheel[f"{package.replace('-', '_')}/py.typed"] == b""
    (license_file,) = (name for name in wheel if name.endswith("licenses/LICENSE"))
    assert b"Apache License" in wheel[license_file]
    assert metadata(wheel)["License-Expression"] == "Apache-2.0"


def test_it_requires_what_its_commands_need_and_leaves_the_rest_to_extras(package, wheel):
    needed = [line for line in metadata(wheel).get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(needed) == NEEDED[package]


def test_nothing_in_it_leads_back_to_this_machine(wheel):
    for name, content in wheel.items():
        assert str(PACKAGES).encode() not in content, name
        assert b"file:/" not in content, name
        assert not name.endswith("direct_url.json")


def test_the_versions_of_the_packages_and_their_pins_are_in_step():
    assert runpy.run_path(str(VERSIONS))["find_problems"]() == []


def metadata(wheel):
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel[name])
