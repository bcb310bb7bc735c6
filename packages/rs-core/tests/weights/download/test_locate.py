"""From the name of published weights to a path that can be opened."""

import io
import tarfile

import pytest

from rs_core import UserError
from rs_core.weights.download import cached_path, locate_published, published_state
from rs_core.weights.published import CHECKPOINT_PARTS, PUBLISHED, PublishedWeights


def row(url, **options):
    return PublishedWeights(architecture="resnet_rs_50", tag="here", url=url, layout="tf1", resolution=160, **options)


@pytest.fixture
def publish(monkeypatch):
    """Add a row to the table for a test."""

    def add(url, **options):
        added = row(url, **options)
        monkeypatch.setitem(PUBLISHED, added.name, added)
        return added.name

    return add


def tar(*names) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return target.getvalue()


def test_a_file_is_given_as_it_is(server, publish, cache):
    name = publish(server.url, md5=server.md5)
    assert locate_published(name, cache).read_bytes() == server.content


def test_what_the_table_states_is_checked(server, publish, cache):
    name = publish(server.url, md5="0" * 32)
    with pytest.raises(UserError, match=r"md5 .* instead of 0000"):
        locate_published(name, cache)


@pytest.mark.parametrize("inside", ["", "resnet-rs-50-i160/"])
def test_an_archive_gives_the_prefix_of_its_checkpoint(server, publish, cache, inside):
    members = ("model.ckpt.index", "model.ckpt.data-00000-of-00001", "._model.ckpt.index", "checkpoint")
    server.content = tar(*(inside + name for name in members))
    prefix = locate_published(publish(server.url.replace("model.h5", "resnet-rs-50-i160.tar.gz")), cache)
    assert prefix.parent.joinpath("model.ckpt.index").is_file()
    assert prefix.name == "model.ckpt"
    assert "resnet-rs-50-i160" in prefix.parts


@pytest.mark.parametrize(
    ("names", "words"), [(("readme",), "holds none"), (("a.index", "b/c.index"), "holds a.index, b/c.index")]
)
def test_an_archive_without_one_checkpoint_is_one_line(server, publish, cache, names, words):
    server.content = tar(*names)
    with pytest.raises(UserError, match=words):
        locate_published(publish(server.url.replace("model.h5", "net.tar.gz")), cache)


def test_loose_files_give_their_common_prefix(server, publish, cache):
    url = server.url.replace("model.h5", "model.ckpt-7")
    prefix = locate_published(publish(url, parts=CHECKPOINT_PARTS), cache)
    assert prefix == cached_path(url, cache)
    assert prefix.with_name("model.ckpt-7.index").read_bytes() == server.content
    assert prefix.with_name("model.ckpt-7.data-00000-of-00001").read_bytes() == server.content


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(UserError, match=r"did you mean 'resnet_rs_50\.tf1-i160'"):
        locate_published("resnet_rs_50.tf1-i161")


def test_the_state_tells_what_is_cached_and_only_then_its_size(server, publish, cache):
    name = publish(server.url)
    before = published_state(PUBLISHED[name], cache)
    assert (before.cached, before.num_bytes) == (False, None)
    assert before.paths == (cached_path(server.url, cache),)
    locate_published(name, cache)
    after = published_state(PUBLISHED[name], cache)
    assert (after.cached, after.num_bytes) == (True, 3_000_000)


def test_half_of_a_checkpoint_is_not_cached(server, publish, cache):
    url = server.url.replace("model.h5", "model.ckpt-7")
    name = publish(url, parts=CHECKPOINT_PARTS)
    locate_published(name, cache)
    assert published_state(PUBLISHED[name], cache).cached
    cached_path(f"{url}.index", cache).unlink()
    assert not published_state(PUBLISHED[name], cache).cached


def test_an_unpacked_archive_is_cached_without_the_archive(server, publish, cache):
    server.content = tar("model.ckpt.index")
    url = server.url.replace("model.h5", "net.tar.gz")
    name = publish(url)
    locate_published(name, cache)
    cached_path(url, cache).unlink()
    assert published_state(PUBLISHED[name], cache).cached
