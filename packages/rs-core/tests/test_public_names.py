"""The public names: all there, imported when first used."""

import subprocess
import sys

import pytest

import rs_core


@pytest.mark.parametrize("name", rs_core.__all__)
def test_every_public_name_is_there(name):
    assert getattr(rs_core, name) is not None


def test_dir_shows_the_public_names():
    assert dir(rs_core) == sorted(rs_core.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'rs_core' has no attribute 'creat_model'"):
        rs_core.creat_model  # noqa: B018  # looking it up is the test
    assert not hasattr(rs_core, "creat_model")


def test_importing_the_package_imports_neither_torch_nor_any_extra():
    code = "import rs_core, sys; print({'torch', 'numpy', 'PIL', 'yaml', 'jsonargparse'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
