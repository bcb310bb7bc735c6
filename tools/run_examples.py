"""Run every example of the documentation: the docstrings, and the Python blocks of the READMEs.

    hatch run all:examples

A README's ``python`` blocks run one after the other in one namespace, in an empty folder that is removed afterwards;
what needs a download is in a ``py`` block, which is only shown.
"""

import contextlib
import doctest
import importlib
import os
import pkgutil
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("rs_core", "rs_semisup", "rs_transfer", "rs_video")
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def main() -> int:
    """Run all examples; give 1 if one of them failed."""
    num_failed = sum(run_docstrings(package) for package in PACKAGES)
    for readme in (ROOT / "README.md", *sorted(ROOT.glob("packages/*/README.md"))):
        run_readme(readme)
    return 1 if num_failed else 0


def run_docstrings(package: str) -> int:
    """Run the examples in the docstrings of a package; give the number of failures."""
    num_failed = num_run = 0
    home = importlib.import_module(package)
    for module in pkgutil.walk_packages(home.__path__, f"{package}."):
        if module.name.endswith("__main__"):
            continue
        failed, run = doctest.testmod(importlib.import_module(module.name))
        num_failed += failed
        num_run += run
    print(f"{package}: {num_run} lines of docstrings, {num_failed} failed")
    return num_failed


def run_readme(path: Path) -> None:
    """Run the Python blocks of a README; an exception ends everything."""
    blocks = PYTHON_BLOCK.findall(path.read_text())
    namespace: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for block in blocks:
            exec(compile(block, str(path), "exec"), namespace)
    print(f"{os.path.relpath(path, ROOT)}: {len(blocks)} blocks")


if __name__ == "__main__":
    sys.exit(main())
