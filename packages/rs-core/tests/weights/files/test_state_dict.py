"""Where training scripts put a network's tensors, and what they put before the names."""

import pytest
import torch

from rs_core.weights.files.state_dict import find_state_dict, strip_prefixes

RAW = {"fc.weight": torch.ones(2, 2), "fc.bias": torch.ones(2)}
AVERAGE = {name: tensor * 2 for name, tensor in RAW.items()}


@pytest.mark.parametrize(
    ("saved", "where", "found"),
    [
        (RAW, "", RAW),
        ({"state_dict": RAW, "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}}}, "state_dict", RAW),
        ({"model": RAW, "epoch": 3, "best": torch.tensor(0.8)}, "model", RAW),
        ({"model_state_dict": RAW}, "model_state_dict", RAW),
        ({"state_dict": RAW, "state_dict_ema": AVERAGE, "arch": "resnetrs50"}, "state_dict_ema", AVERAGE),
        ({"model": RAW, "model_ema": AVERAGE}, "model_ema", AVERAGE),
        ({"model": RAW, "ema": {"model": AVERAGE, "num_updates": 5}}, "ema/model", AVERAGE),
        ({"state_dict": RAW, "state_dict_ema": None}, "state_dict", RAW),
        ({"model": {"epoch": 3}, "state_dict": {}}, "", {}),
        ([RAW], "", {}),
        (torch.ones(2), "", {}),
    ],
    ids=str,
)
def test_the_average_comes_before_the_raw_weights_and_both_before_the_rest(saved, where, found):
    assert find_state_dict(saved) == (where, found)


@pytest.mark.parametrize("average", ["state_dict_ema", "model_ema", "ema"])
def test_the_raw_weights_are_found_where_no_average_is_wanted(average):
    assert find_state_dict({average: AVERAGE, "state_dict": RAW}, ema=False) == ("state_dict", RAW)
    assert find_state_dict({average: AVERAGE}, ema=False) == ("", {})


def test_a_dictionary_that_contains_itself_ends():
    endless = dict(RAW)
    endless["model"] = endless
    where, found = find_state_dict(endless)
    assert where == "model/model/model"
    assert found is endless or found == endless


@pytest.mark.parametrize(
    ("names", "bare", "stripped", "left_out"),
    [
        (["fc.weight", "fc.bias"], ["fc.weight", "fc.bias"], "", []),
        (["module.fc.weight", "module.fc.bias"], ["fc.weight", "fc.bias"], "module.", []),
        (["module._orig_mod.fc.weight", "n_averaged"], ["fc.weight"], "module._orig_mod.", ["n_averaged"]),
        (["model.fc.weight", "criterion.weight"], ["fc.weight"], "model.", ["criterion.weight"]),
        (
            ["_orig_mod.module.fc.bias", "_orig_mod.n_averaged"],
            ["fc.bias"],
            "_orig_mod.module.",
            ["_orig_mod.n_averaged"],
        ),
        (["backbone.conv1.weight", "head.fc.weight"], ["backbone.conv1.weight", "head.fc.weight"], "", []),
        (["net.fc.weight"], ["fc.weight"], "net.", []),
        (["n_averaged"], ["n_averaged"], "", []),
    ],
)
def test_a_prefix_goes_where_the_whole_network_has_it(names, bare, stripped, left_out):
    tensors = {name: torch.zeros(1) for name in names}
    result = strip_prefixes(tensors)
    assert (list(result[0]), *result[1:]) == (bare, stripped, left_out)
