"""Which training images are labelled, which are learned from, which judge: drawn by seed, of each class its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.errors import UserError
from rs_transfer.classify.rows import draw_labelled, draw_split, some_rows


def index_of(labels, num_classes=None):
    names = [f"image {row}".encode() for row in range(len(labels))]
    blobs = Blobs(images=ByteColumn.pack(name[::-1] for name in names), names=ByteColumn.pack(names))
    num_classes = num_classes or max(labels) + 1
    return SampleIndex(
        source=blobs, labels=np.array(labels, np.int64), class_names=tuple(str(label) for label in range(num_classes))
    )


def test_some_rows_are_read_from_where_they_are():
    index = some_rows(index_of([0, 1, 0, 1]), np.array([3, 1]))
    assert index.labels.tolist() == [1, 1]
    assert [index.name(row) for row in range(2)] == ["image 3", "image 1"]
    assert index.read(0) == b"3 egami"
    assert index.read_rows(np.array([1, 0])) == [b"1 egami", b"3 egami"]


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=80),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 5),
)
def test_a_split_has_every_row_once_and_of_each_class_its_share(labels, share, seed):
    index = index_of(labels, 5)
    counts = np.bincount(labels, minlength=5)
    if counts.max() < 2:
        with pytest.raises(UserError, match="no class has two training images"):
            draw_split(index, share, seed)
        return
    learned, judged = draw_split(index, share, seed)
    assert sorted([*learned, *judged]) == list(range(len(labels)))
    assert (np.diff(learned) > 0).all()
    assert (np.diff(judged) > 0).all()
    for label, count in enumerate(counts):
        held_out = int((index.labels[judged] == label).sum())
        if count < 2:
            assert held_out == 0
        else:
            assert 1 <= held_out <= count - 1
            assert abs(held_out - share * count) <= 1


def test_the_seed_decides_the_split():
    index = index_of([0, 1] * 20)
    first, again, other = (draw_split(index, 0.25, seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_as_many_labelled_images_of_each_class_are_drawn_as_asked_for():
    index = index_of([0] * 9 + [1] * 4 + [2] * 30)
    rows = draw_labelled(index, 4, seed=0)
    assert np.bincount(index.labels[rows]).tolist() == [4, 4, 4]
    assert (np.diff(rows) > 0).all()
    assert rows.tolist() == draw_labelled(index, 4, seed=0).tolist() != draw_labelled(index, 4, seed=1).tolist()


def test_more_labelled_images_than_there_are_are_refused():
    with pytest.raises(UserError, match=r"data\.labels_per_class=5: class '1' has 4 training images"):
        draw_labelled(index_of([0] * 9 + [1] * 4), 5, seed=0)
