"""The wheel: what is in it, and what it requires."""

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rs_semisup import __version__

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> dict[str, bytes]:
    """The content of the wheel, by name."""
    pytest.importorskip("uv", reason="uv builds the wheel")
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "uv", "build", "--wheel", str(PROJECT), "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel):
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel[name])


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    sources = {path.relative_to(PROJECT / "src").as_posix() for path in (PROJECT / "src").rglob("*.py")}
    assert {name for name in wheel if not name.startswith("rs_semisup-")} == sources | {"rs_semisup/py.typed"}


def test_it_requires_rs_core_and_duckdb_and_leaves_other_teachers_and_clusters_to_extras(wheel):
    needed = [line for line in metadata(wheel).get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(needed) == ["duckdb>=1.4", "rs-core[data,train]<0.2,>=0.1"]
    assert metadata(wheel)["Version"] == __version__


def test_nothing_in_the_wheel_leads_back_to_this_machine(wheel):
    for name, content in wheel.items():
        assert str(PROJECT).encode() not in content, name
        assert b"file:/" not in content, name
