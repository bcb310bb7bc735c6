"""From foreign tensors to ours: the order of axes, and checks that read nothing."""

import numpy as np
import pytest
import torch

from rs_core import UserError
from rs_core.weights.layouts.take import check_foreign, take_checked, to_torch


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("", ""), ("c", "c"), ("io", "oi"), ("hwio", "oihw"), ("thwio", "oithw")],
    ids=["scalar", "vector", "dense", "image kernel", "clip kernel"],
)
def test_axes_are_turned_from_tensorflow_s_order_to_pytorch_s(theirs, ours):
    sizes = {"c": 7, "i": 2, "o": 3, "t": 4, "h": 5, "w": 6}
    array = np.random.default_rng(0).normal(size=[sizes[axis] for axis in theirs])
    turned = to_torch(torch.as_tensor(array))
    np.testing.assert_array_equal(turned.numpy(), np.einsum(f"{theirs}->{ours}", array))
    assert turned.is_contiguous()


OURS = {"conv.weight": torch.zeros(3, 2), "bn.num_batches_tracked": torch.tensor(9)}
NAMES = {"conv.weight": "kernel"}


def test_counters_without_a_name_start_at_zero():
    taken = take_checked({"kernel": torch.ones(2, 3)}, NAMES, OURS, turn=to_torch)
    assert taken["conv.weight"].tolist() == [[1, 1]] * 3
    assert taken["bn.num_batches_tracked"] == 0


@pytest.mark.parametrize(
    ("found", "message"),
    [({}, "1 missing: kernel"), ({"kernel": (2, 3), "bias": (3,)}, "1 extra: bias"), ({"kernel": (3, 2)}, "misshapen")],
)
def test_shapes_that_are_not_exactly_ours_are_refused(found, message):
    with pytest.raises(UserError, match=message):
        check_foreign(NAMES, OURS, found=found, their_shape=lambda key, tensor: tensor.shape[::-1], source="the file")
