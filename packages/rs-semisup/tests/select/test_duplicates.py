"""Near-duplicates, against comparing all with all."""

import io
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rs_core.data.index import open_index
from rs_semisup.label.hashes import perceptual_hash
from rs_semisup.predictions.store import open_predictions
from rs_semisup.select import SelectConfig, select
from rs_semisup.select.duplicates import REASONS, find_duplicates
from rs_semisup.select.engine import open_engine
from rs_semisup.select.image_hashes import Hashes, KnownImages

NONE = Hashes(np.empty(0, np.uint64), np.empty(0, np.int8))


def few_bits_apart(rng, centres, number):
    """Hashes 0 to 8 bits away from one of the centres."""
    hashes = rng.choice(centres, number)
    for _ in range(8):
        hashes ^= np.where(rng.random(number) < 0.5, np.uint64(1) << rng.integers(0, 64, number, np.uint64), 0).astype(
            np.uint64
        )
    return hashes


def removed_rows(predictions, known, **settings):
    with open_engine(open_predictions(predictions), num_threads=1, memory_limit="500MB") as engine:
        find_duplicates(engine, known, **settings)
        return dict(engine.execute("SELECT row, reason FROM removed").fetchall())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 8))
def test_the_pairs_are_those_of_a_brute_force(labelled, table, seed, max_distance):
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, 4, np.uint64)
    confidence = rng.random(80)
    predicted, hashes = few_bits_apart(rng, centres, 80), np.unique(few_bits_apart(rng, centres, 12))
    sets = rng.integers(0, 2, len(hashes)).astype(np.int8)
    distances = np.bitwise_count(predicted[:, None] ^ hashes)
    expected = {
        row: 2 + int(sets[of_row <= max_distance].min())
        for row, of_row in enumerate(distances)
        if confidence[row] >= np.float32(0.3) and of_row.min() <= max_distance
    }
    known = KnownImages(content=NONE, perceptual=Hashes(hashes, sets), num_images=12, num_unreadable=0)
    with tempfile.TemporaryDirectory() as folder:
        images = labelled(Path(folder), table([0] * 80, confidence), ("a",), perceptual=predicted)
        assert removed_rows(images.predictions, known, threshold=0.3, max_distance=max_distance) == expected


def test_equal_hashes_on_both_sides_are_no_product(labelled, table, tmp_path):
    images = labelled(tmp_path, table([0] * 500, [0.9] * 500), ("a",), perceptual=np.zeros(500, np.uint64))
    known = KnownImages(
        content=NONE, perceptual=Hashes(np.zeros(1, np.uint64), np.ones(1, np.int8)), num_images=1, num_unreadable=0
    )
    removed = removed_rows(images.predictions, known, threshold=0.3, max_distance=2)
    assert removed == dict.fromkeys(range(500), REASONS.index("near, held out"))


def encoded(image, quality):
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=quality)
    return stream.getvalue()


def test_a_photo_that_was_encoded_anew_is_near_and_not_exact(make_index, predict, table, shared, tmp_path):
    paths = sorted((shared / "data" / "photos_cc0").rglob("*.jpg"))[:12]
    photos = [path.read_bytes() for path in paths]
    images = [Image.open(path).convert("RGB") for path in paths]
    anew = encoded(images[3].resize((images[3].width // 2, images[3].height // 2)), 60)
    index = make_index(tmp_path, "images", photos)
    hashes = np.array([perceptual_hash(image) for image in images], np.uint64)
    predictions = predict(index, table([0] * 12, [0.9] * 12), ("a",), perceptual=hashes)
    held_out = make_index(tmp_path, "held_out", [anew, photos[5], b"no image"])
    chosen = {}
    for distance in (-1, 6):
        config = SelectConfig(
            predictions=predictions,
            index=index,
            out=tmp_path / "selected",
            per_class=12,
            held_out=(held_out,),
            max_hash_distance=distance,
            num_workers=1,
        )
        report = select(config)
        chosen[distance] = set(open_index(report.directory).columns["source_row"].tolist())
        assert report.num_removed["exact, held out"] == 1
    assert chosen[-1] == set(range(12)) - {5}
    assert chosen[6] == set(range(12)) - {3, 5}
    assert report.num_removed["near, held out"] == 1
    assert (report.num_compared, report.num_not_compared) == (3, 1)
