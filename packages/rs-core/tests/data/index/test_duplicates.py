"""Samples of the same key in two shards are found, however many rows there are."""

import numpy as np
import pytest

from rs_core.data.index import duplicates
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.duplicates import Duplicates, find_duplicates
from rs_core.data.index.store import open_stored


@pytest.fixture
def index(write_tar, tmp_path):
    """Index shards with members of these names."""

    def build(*shards):
        paths = [str(write_tar(f"{i}.tar", [(name, b"x") for name in names])) for i, names in enumerate(shards)]
        index_shards(paths, tmp_path / "index", BuildConfig())
        return open_stored(tmp_path / "index")

    return build


@pytest.mark.parametrize("num_workers", [1, 2])
def test_the_first_sample_that_was_there_before_is_named_with_its_shards(index, tmp_path, num_workers):
    stored = index(["a.jpg", "b.jpg"], ["c.jpg", "b.png"], ["d.jpg", "a.jpg", "b.jpg"])
    assert find_duplicates(stored, num_workers) == Duplicates(
        num=3, first=f"{tmp_path}/1.tar: b.png", same_as=f"{tmp_path}/0.tar: b.jpg"
    )


def test_keys_are_whole_paths_in_a_shard_up_to_the_first_dot(index):
    assert find_duplicates(index(["cat/1.jpg", "dog/1.jpg"], ["owl/1.jpg", "1.jpg"])).num == 0
    assert find_duplicates(index(["./cat/1.jpg"], ["cat/1.small.jpg", "cat/1.jpeg"])).num == 1


def test_long_names_are_compared_to_their_ends(index):
    long = "x" * 200
    assert find_duplicates(index([f"{long}1.jpg"], [f"{long}2.jpg"])).num == 0
    assert find_duplicates(index([f"{long}1.jpg"], [f"{long}1.jpg"])).num == 1


def test_images_of_a_folder_are_all_different(image_folder, tmp_path):
    index_image_folder(image_folder, tmp_path / "index", BuildConfig())
    assert find_duplicates(open_stored(tmp_path / "index")) == Duplicates()


def test_parts_find_what_one_comparison_finds(index, monkeypatch):
    rng = np.random.default_rng(0)
    shards = [[f"{number}.jpg" for number in rng.choice(400, 100, replace=False)] for _ in range(3)]
    names = [name for shard in shards for name in shard]
    stored = index(*shards)
    whole = find_duplicates(stored)
    assert whole.num == len(names) - len(set(names)) > 0
    monkeypatch.setattr(duplicates, "PART_ROWS", 40)
    monkeypatch.setattr(duplicates, "PIECE_ROWS", 7)
    assert find_duplicates(stored) == whole


def test_two_keys_of_one_hash_are_no_duplicate(index, monkeypatch):
    monkeypatch.setattr(duplicates, "_hash", lambda key: bytes(8))
    assert find_duplicates(index(["a.jpg"], ["b.jpg"])) == Duplicates()


def test_a_shard_that_changed_is_named(index, tmp_path, refusal):
    stored = index(["a.jpg"], ["b.jpg"])
    (tmp_path / "1.tar").write_bytes(bytes(10_240))
    assert refusal(find_duplicates, stored) == (
        f"{tmp_path}/1.tar: bytes 512 to 513 have no name in front of them; index the shard again"
    )
