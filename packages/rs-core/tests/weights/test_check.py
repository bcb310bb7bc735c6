"""All tensors fit or none is taken, and the error names what does not."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from rs_core import UserError
from rs_core.weights.check import check_shapes, load_weights, shortened

SHAPES = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(0, 3)))


@given(found=SHAPES, wanted=SHAPES)
def test_only_equal_sets_of_shapes_pass(found, wanted):
    if found == wanted:
        check_shapes(found, wanted, source="these")
    else:
        with pytest.raises(UserError, match=r"^these do not fit this model"):
            check_shapes(found, wanted, source="these")


def test_missing_extra_and_misshapen_are_told_apart_in_one_line():
    with pytest.raises(UserError) as error:
        check_shapes({"a": (2,), "b": [1]}, {"a": (3,), "c": (1,)}, source="the file x")
    assert str(error.value) == (
        "the file x do not fit this model (1 missing: c; 1 extra: b; 1 misshapen: a [2] instead of [3]); "
        "build the model that they were saved from"
    )


def test_a_network_that_was_recognised_is_named_instead_of_a_model_that_the_caller_chose():
    with pytest.raises(UserError, match=r"^x look like resnet_50 but do not fit it \(1 missing: a\); copy the file"):
        check_shapes({}, {"a": (1,)}, source="x", network="resnet_50")


def test_a_list_or_a_torch_size_is_as_good_as_a_tuple():
    check_shapes({"a": torch.Size([1, 2])}, {"a": [1, 2]}, source="x")


def test_many_names_are_cut_to_the_first_few():
    assert shortened([str(i) for i in range(5)]) == "0, 1, 2, 3, 4"
    assert shortened([str(i) for i in range(9)]) == "0, 1, 2, 3, 4 and 4 more"


def test_weights_that_fit_are_loaded_and_others_change_nothing():
    model = nn.Linear(2, 1)
    load_weights(model, {"weight": torch.ones(1, 2), "bias": torch.ones(1)}, "x.pt")
    assert model.weight.eq(1).all()
    with pytest.raises(UserError, match=r"the weights in x\.pt .*1 missing: bias"):
        load_weights(model, {"weight": torch.zeros(1, 2)}, "x.pt")
    assert model.weight.eq(1).all()
