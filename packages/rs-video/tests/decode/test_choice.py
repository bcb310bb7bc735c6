"""Which decoders there are, and what is said of those that are not."""

import importlib
import subprocess
import sys

import pytest

from rs_core.errors import UserError
from rs_video.decode import available_decoders, choice, decoder_in_use, open_video, opens_before_recycling


@pytest.fixture
def only_pyav(monkeypatch):
    """As where no other decoder is installed, and torchcodec lacks its libraries."""

    def import_module(name):
        if "torchcodec" in name:
            raise RuntimeError("Could not load libtorchcodec. Likely causes: FFmpeg is not properly installed")
        if "pyav" not in name:
            package = name.rsplit(".", 1)[1].removesuffix("_reader")
            raise ModuleNotFoundError(f"No module named '{package}'", name=package)
        return importlib.import_module(name)

    monkeypatch.setattr(choice, "import_module", import_module)
    choice._load.cache_clear()
    yield
    choice._load.cache_clear()


def test_pyav_is_always_there_and_the_first_choice():
    assert available_decoders()["pyav"] == ""
    assert decoder_in_use("auto") == decoder_in_use() == "pyav"


def test_a_decoder_that_is_not_installed_says_how_to_get_it(only_pyav):
    with pytest.raises(UserError, match=r"decoder=decord: decord is not installed; pip install 'rs-video\[decord\]'"):
        open_video(b"", lambda: "video", "decord")


def test_a_decoder_that_lacks_libraries_says_so(only_pyav):
    assert "FFmpeg is not properly installed" in available_decoders()["torchcodec"]
    with pytest.raises(UserError, match="decoder=torchcodec: torchcodec does not import here: Could not load"):
        decoder_in_use("torchcodec")
    assert decoder_in_use() == "pyav"


def test_an_unknown_decoder_is_told_the_nearest():
    with pytest.raises(UserError, match=r"decoder=torchcodek: unknown \(did you mean 'torchcodec'\?\)"):
        decoder_in_use("torchcodek")


def test_no_decoder_asks_for_recycling_that_is_not_needed():
    assert opens_before_recycling("auto") == 0


def test_other_decoders_are_imported_when_they_are_asked_for():
    code = (
        "import sys, rs_video.decode; "
        "sys.exit(any(name in sys.modules for name in ('decord', 'torchcodec', 'pytorchvideo')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
