"""Labels as they are found, and the class indices that they become."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.data.index.labels import LabelCollector


@settings(deadline=None)
@given(st.lists(st.lists(st.none() | st.text("abc", min_size=1, max_size=2), max_size=6), max_size=4))
def test_names_become_indices_into_their_sorted_order(pieces):
    labels = LabelCollector()
    ids = [labels.ids(piece, str) for piece in pieces]
    names = sorted({name for piece in pieces for name in piece if name})
    assert labels.classes() == tuple(names)
    assert labels.kind == ("names" if names else "none")
    for piece, piece_ids in zip(pieces, ids, strict=True):
        assert labels.indices(piece_ids).tolist() == [names.index(name) if name else -1 for name in piece]


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1))
def test_numbers_are_indices_up_to_the_largest(numbers):
    labels = LabelCollector()
    assert labels.indices(labels.ids(numbers, str)).tolist() == numbers
    assert labels.classes() == tuple(str(i) for i in range(max(numbers) + 1))


def test_a_number_is_an_index_into_given_names_even_if_a_name_looks_like_it():
    labels = LabelCollector(("1", "10", "2"))
    assert labels.indices(labels.ids([2, "2", "10", None], str)).tolist() == [2, 2, 1, -1]


def test_numbers_and_names_are_not_mixed(refusal):
    labels = LabelCollector()
    labels.ids([3], lambda _: "a.tar: 1.cls")
    message = refusal(labels.ids, ["12a"], lambda _: "b.tar: 7.cls")
    assert message.startswith("b.tar: 7.cls: label '12a' is a name, unlike that of a.tar: 1.cls")


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (2, "here: label 2 is out of range; give a class index in 0 .. 1"),
        (-2, "here: label -2 is out of range"),
        ("dgo", "here: no class is called 'dgo' (did you mean 'dog'?)"),
    ],
)
def test_a_label_outside_the_given_classes_is_refused_with_its_place(refusal, label, message):
    assert refusal(LabelCollector(("cat", "dog")).ids, [label], lambda _: "here").startswith(message)


def test_a_number_beyond_any_number_of_classes_is_refused(refusal):
    assert "label 4000000000 is out of range" in refusal(LabelCollector().ids, [4_000_000_000], lambda _: "here")


def test_no_labels_at_all_are_no_classes():
    labels = LabelCollector()
    assert labels.indices(labels.ids([None, None], str)).tolist() == [-1, -1]
    assert (labels.classes(), labels.indices(np.zeros(0, np.int32)).dtype) == ((), np.int64)
