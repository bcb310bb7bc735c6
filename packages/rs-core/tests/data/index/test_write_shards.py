"""Shards written from any index: whole, shuffled, and the same bytes each time."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from rs_core.data.folder import index_folder
from rs_core.data.index import Blobs, ByteColumn, SampleIndex, open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_list import index_lists
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.write_shards import ShardConfig, write_shards
from rs_core.errors import UserError


def images(num, classes=("1", "10", "2")):
    """Samples in memory; class names that look like numbers, in the order of texts."""
    names = ByteColumn.pack(f"/photos/class.{row % 3}/{row // 4}.small.JPEG".encode() for row in range(num))
    contents = ByteColumn.pack(b"image %d" % row * (row + 1) for row in range(num))
    return SampleIndex(Blobs(contents, names), np.arange(num) % 3 if classes else np.full(num, -1), classes)


def config(**changes):
    return ShardConfig(**{"name": "train", "samples_per_shard": 7} | changes)


def content(folder):
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def samples(index):
    return sorted((index.read(row), index.class_names[index.labels[row]]) for row in range(len(index)))


def test_the_index_of_the_shards_holds_every_sample_once(tmp_path):
    source = images(30)
    report = write_shards(source, tmp_path / "out", config())
    assert (report.num_samples, report.num_written, report.num_kept) == (30, 5, 0)
    shards = sorted((tmp_path / "out").glob("*.tar"))
    assert [path.name for path in shards] == [f"train-000{i}.tar" for i in range(5)]
    index_shards(list(map(str, shards)), tmp_path / "scanned", BuildConfig())
    index_lists([str(tmp_path / "out/samples.csv")], tmp_path / "listed", BuildConfig())
    for name in ("scanned", "listed"):
        index = open_index(tmp_path / name)
        assert samples(index) == samples(source)
        assert index.class_names == source.class_names


def test_scanning_and_listing_agree_to_the_checksum(tmp_path):
    write_shards(images(30), tmp_path / "out", config())
    index_shards(sorted(map(str, (tmp_path / "out").glob("*.tar"))), tmp_path / "scanned", BuildConfig())
    index_lists([str(tmp_path / "out/samples.csv")], tmp_path / "listed", BuildConfig())
    scanned, listed = open_index(tmp_path / "scanned").source, open_index(tmp_path / "listed").source
    for column in ("file", "offset", "length"):
        np.testing.assert_array_equal(getattr(scanned, column), getattr(listed, column))
    np.testing.assert_array_equal(scanned.files.crc32s, listed.files.crc32s)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_kill_left_out_is_written_and_the_bytes_are_the_same(tmp_path, workers):
    write_shards(images(30), tmp_path / "out", config())
    before = content(tmp_path / "out")
    for name in ("train-0001.tar", "train-0004.tar", "samples.csv", "shards.csv"):
        (tmp_path / "out" / name).unlink()
    (tmp_path / "out/.train-0001.tar.99.partial").write_bytes(b"half")
    report = write_shards(images(30), tmp_path / "out", config(), workers)
    assert (report.num_written, report.num_kept) == (2, 3)
    assert content(tmp_path / "out") == before


def test_the_seed_decides_the_order_and_none_keeps_it(tmp_path):
    def order(name, **changes):
        write_shards(images(30), tmp_path / name, config(**changes))
        index_lists([str(tmp_path / name / "samples.csv")], tmp_path / "index", BuildConfig())
        return [len(data) for data in open_index(tmp_path / "index").read_rows(np.arange(30))]

    kept = order("kept", shuffle=False)
    assert kept == [len(images(30).read(row)) for row in range(30)]
    assert order("0") == order("again") != order("1", seed=1)
    assert sorted(order("2", seed=2)) == kept


def test_megabytes_limit_a_shard(tmp_path):
    contents = ByteColumn.pack([bytes(400_000)] * 7)
    index = SampleIndex(Blobs(contents, ByteColumn.pack(b"x.jpg" for _ in range(7))), np.zeros(7, np.int64), ("a",))
    with pytest.raises(UserError, match=r"x\.jpg: cannot be read"):  # sizes are asked of files
        write_shards(index, tmp_path / "no", config(max_shard_mb=1))
    for row in range(7):
        (tmp_path / "photos/a").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"photos/a/{row}.jpg").write_bytes(bytes(400_000))
    write_shards(index_folder(tmp_path, "photos"), tmp_path / "out", config(max_shard_mb=1))
    assert [line.split(",")[3] for line in (tmp_path / "out/shards.csv").read_text().splitlines()[1:]] == [*"2221"]


def test_other_settings_do_not_mix_with_shards_that_are_there(tmp_path, refusal):
    write_shards(images(30), tmp_path / "out", config())
    for changes, message in (
        ({"seed": 1}, "holds shards with seed 0, not 1"),
        ({"short_side": 9}, "holds shards with short_side 0, not 9"),
    ):
        assert message in refusal(write_shards, images(30), tmp_path / "out", config(**changes))
    assert "num_samples 30, not 29" in refusal(write_shards, images(29), tmp_path / "out", config())
    (tmp_path / "out/settings.json").unlink()
    assert "holds shards of another origin" in refusal(write_shards, images(30), tmp_path / "out", config())


def test_keys_are_unique_and_have_one_dot(tmp_path):
    write_shards(images(12), tmp_path / "out", config(samples_per_shard=12, shuffle=False))
    with tarfile.open(tmp_path / "out/train-0000.tar") as archive:
        names = archive.getnames()
    assert names[:4] == ["class_0/0_small.jpeg", "class_0/0_small.cls", "class_1/0_small.jpeg", "class_1/0_small.cls"]
    assert "class_0/0_small-3.jpeg" in names
    assert len(set(names)) == 24


def test_samples_without_a_label_stay_without(tmp_path):
    write_shards(images(5, classes=()), tmp_path / "out", config())
    index_shards([str(tmp_path / "out/train-0000.tar")], tmp_path / "index", BuildConfig())
    assert open_index(tmp_path / "index").labels.tolist() == [-1] * 5


@pytest.fixture
def photos(tmp_path):
    """A large photo held sideways, a small one, and one that is damaged."""
    folder = tmp_path / "photos/a"
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.effect_noise((90, 60), 50).convert("RGB").save(folder / "large.jpg", exif=exif)
    Image.new("L", (40, 30)).save(folder / "small.png")
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff oh")
    return index_folder(tmp_path, "photos")


def test_large_images_are_shrunk_and_others_stored_as_they_are(photos, tmp_path):
    report = write_shards(photos, tmp_path / "out", config(short_side=30, quality=80))
    assert report.undecodable == [f"{tmp_path}/photos/a/damaged.jpg"]
    with tarfile.open(tmp_path / "out/train-0000.tar") as archive:
        found = {name: archive.extractfile(name).read() for name in archive.getnames()}
    for name in ("damaged.jpg", "small.png"):
        assert found[f"a/{name}"] == (tmp_path / "photos/a" / name).read_bytes()
    small = Image.open(io.BytesIO(found["a/large.jpg"]))
    assert (small.size, small.getexif()[0x0112], len(small.getexif())) == ((45, 30), 6, 1)


def test_impossible_settings_are_refused(refusal):
    assert "--quality 96" in refusal(config, quality=96)
    assert "--name ''" in refusal(config, name="")
    assert "--name 'a/b'" in refusal(config, name="a/b")
