"""Where the cache is, and where in it a file lies."""

from pathlib import Path

import pytest

from rs_core import UserError
from rs_core.weights.download import cache_folder, cached_path


@pytest.fixture
def home(monkeypatch, tmp_path) -> Path:
    """A home directory, with no wish about caches."""
    monkeypatch.delenv("RS_CORE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_cache_is_in_the_home_directory(home):
    assert cache_folder() == home / ".cache/rs-core"


def test_the_cache_follows_the_cache_of_the_user(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert cache_folder() == Path("/somewhere/cache/rs-core")


def test_rs_core_cache_wins(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    monkeypatch.setenv("RS_CORE_CACHE", "~/weights")
    assert cache_folder() == home / "weights"


def test_a_file_lies_under_its_address():
    path = cached_path("https://storage.googleapis.com/bucket/resnet-rs/net-i160.tar.gz", Path("/cache"))
    assert path == Path("/cache/weights/storage.googleapis.com/bucket/resnet-rs/net-i160.tar.gz")


def test_escapes_and_ports_become_plain_names():
    assert cached_path("http://host:80/a%20b.h5", Path("/cache")) == Path("/cache/weights/host_80/a b.h5")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gs://bucket/object",
        "model.h5",
        "https://host",
        "https://host/",
        "https://host/folder/",
        "https://host/../outside",
        "https://host/%2e%2e/outside",
        "https://host/a%2f..%2foutside",
        "https://../outside",
        "https://host/model.h5?download=true",
        "https://user:secret@host/model.h5",
        "https://host/a b",
        "https://host/a\nb",
    ],
)
def test_anything_but_the_plain_address_of_a_file_is_refused(url):
    with pytest.raises(UserError, match="give "):
        cached_path(url, Path("/cache"))
