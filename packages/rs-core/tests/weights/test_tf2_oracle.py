"""TensorFlow's Model Garden as oracle for SiLU, TF-"same" padding and its pool in every projection shortcut."""

import pytest
import torch

from rs_core import create_model
from rs_core.weights.tf1 import BATCH_NORM_LEAVES, OTHER_LEAVES, to_torch

LAYERS = {
    "_shortcut1": "shortcut.conv",
    "_norm0": "shortcut.bn",
    "_conv1": "conv1",
    "_norm1": "bn1",
    "_conv2": "conv2",
    "_norm2": "bn2",
    "_conv3": "conv3",
    "_norm3": "bn3",
    "_squeeze_excitation/_se_reduce": "se.reduce",
    "_squeeze_excitation/_se_expand": "se.expand",
}
LEAVES = {theirs: ours for table in (BATCH_NORM_LEAVES, OTHER_LEAVES) for ours, theirs in table.items()}
NUM_STEM_LAYERS = 8


def our_key(checkpoint_key, blocks):
    """Translate ``backbone/layer_with_weights-8/_conv1/kernel/.ATTRIBUTES/…``."""
    root, layer, *path, leaf = checkpoint_key.split("/.ATTRIBUTES")[0].split("/")
    if root == "model":
        return f"classifier.{LEAVES[leaf]}"
    number = int(layer.removeprefix("layer_with_weights-"))
    if number < NUM_STEM_LAYERS:
        return f"stem.{'bn' if number % 2 else 'conv'}{number // 2 + 1}.{LEAVES[leaf]}"
    return f"{blocks[number - NUM_STEM_LAYERS]}.{LAYERS['/'.join(path)]}.{LEAVES[leaf]}"


@pytest.mark.parametrize("ema", [False, True], ids=["raw", "ema"])
def test_the_network_computes_what_model_garden_computes(ema, oracle, check_run):
    record = oracle("tf2_resnet_rs/rs50_i160")
    variables = record.variables(ema=ema)
    record.check_probes(variables, ema=ema)
    options = {"activation": "silu", "padding": "same", "pool_every_shortcut": True, "num_classes": 1001}
    with torch.device("meta"):
        model = create_model("resnet_rs_50", **options)
    blocks = [f"stages.{stage}.{i}" for stage, inside in model.stages.items() for i in range(len(inside))]
    weights = {key: torch.zeros_like(t, device="cpu") for key, t in model.state_dict().items()}
    for checkpoint_key, array in zip(record.recorded["var_ckpt_keys"], variables.values(), strict=True):
        weights[our_key(checkpoint_key, blocks)].view(-1)[:] = to_torch(array).view(-1)
    model.load_state_dict(weights, assign=True)
    check_run(record, model, ema=ema)
