"""Residual blocks: where they stride, pool, project, gate and drop."""

import pytest
import torch
from torch import nn

from rs_core import ResNetConfig
from rs_core.models.blocks import BasicBlock, Bottleneck, Placement, Shortcut

PLAIN = ResNetConfig(blocks=(1, 1, 1, 1), se_ratio=0)
OPENING = Placement(in_channels=8, width=4, stride=2, opens_stage=True)


def config(**options):
    return ResNetConfig(blocks=(1, 1, 1, 1), **options)


@pytest.mark.parametrize(("downsampling", "strides"), [("A", (2, 1)), ("B", (1, 2)), ("D", (1, 2))])
def test_the_variant_says_which_convolution_strides(downsampling, strides):
    block = Bottleneck(OPENING, config(downsampling=downsampling))
    assert (block.conv1.stride[0], block.conv2.stride[0]) == strides


def test_resnet_d_pools_in_the_shortcut_and_no_longer_strides_there():
    pooled = Bottleneck(Placement(in_channels=8, width=4, stride=2, opens_stage=True, pool_shortcut=True), PLAIN)
    plain = Bottleneck(OPENING, PLAIN)
    assert (pooled.shortcut.pool.stride, pooled.shortcut.conv.stride) == (2, (1, 1))
    assert isinstance(plain.shortcut.pool, nn.Identity)
    assert plain.shortcut.conv.stride == (2, 2)


@pytest.mark.parametrize(
    ("block_cls", "in_channels", "stride", "opens_stage", "projects"),
    [
        (Bottleneck, 16, 1, True, True),  # also where the width would fit, as in the released code
        (Bottleneck, 16, 1, False, False),
        (BasicBlock, 4, 1, True, False),  # c2 of ResNet-18
        (BasicBlock, 2, 1, True, True),
        (BasicBlock, 4, 2, True, True),
    ],
)
def test_only_blocks_that_open_a_stage_project(block_cls, in_channels, stride, opens_stage, projects):
    block = block_cls(Placement(in_channels=in_channels, width=4, stride=stride, opens_stage=opens_stage), PLAIN)
    assert isinstance(block.shortcut, Shortcut) == projects


@pytest.mark.parametrize("block_cls", [Bottleneck, BasicBlock])
@pytest.mark.parametrize("se_ratio", [0.0, 0.5])
def test_a_dropped_branch_leaves_the_activated_shortcut_and_a_kept_one_is_scaled_up(block_cls, se_ratio):
    torch.manual_seed(0)
    width = 16 // block_cls.expansion
    place = Placement(in_channels=16, width=width, drop_path_rate=0.75)
    block = block_cls(place, config(se_ratio=se_ratio)).double()
    # Statistics of the batch would tie the samples together.
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = torch.randn(64, 16, 3, 3, dtype=torch.float64)
    block.act = nn.Identity()
    branch = block(x) - x
    block.drop_path_rate = 0.0
    whole = block(x) - x

    kept = branch.abs().amax((1, 2, 3)) > 1e-12
    assert 4 < int(kept.sum()) < 32  # 16 are expected
    torch.testing.assert_close(branch[kept], 4 * whole[kept])


def test_drop_path_is_off_in_eval_mode():
    torch.manual_seed(0)
    block = Bottleneck(Placement(in_channels=16, width=4, drop_path_rate=0.9), PLAIN).eval()
    x = torch.randn(8, 16, 3, 3)
    assert torch.equal(block(x), block(x))
    with_branch = block(x)
    nn.init.zeros_(block.bn3.weight)
    assert not torch.equal(block(x), with_branch)


def test_a_zero_gamma_block_is_the_activated_identity():
    block = Bottleneck(Placement(in_channels=16, width=4), config())
    nn.init.zeros_(block.last_bn.weight)
    x = torch.randn(2, 16, 5, 5)
    torch.testing.assert_close(block(x), x.relu())


def randomized_block(stride, **options):
    """The first block of a stage, of 4 channels within, with batch norms that have something to do."""
    torch.manual_seed(0)
    place = Placement(in_channels=8, width=4, stride=stride, opens_stage=True, pool_shortcut=True)
    block = Bottleneck(place, config(**options)).double()
    for name, tensor in block.state_dict().items():
        if "bn" in name and name.endswith(("weight", "running_var")):
            nn.init.uniform_(tensor, 0.5, 1.5)
        elif name.endswith(("bias", "running_mean")):
            nn.init.normal_(tensor, std=0.3)
    return block


def test_a_selective_kernel_stands_after_the_activation_of_a_3x3_twice_as_wide():
    block = randomized_block(2, sk_ratio=0.0625).eval()
    assert block.conv2.weight.shape == (8, 4, 3, 3)
    kept = {}
    block.select.register_forward_hook(lambda module, args, output: kept.update(streams=args[0], output=output))
    block(torch.randn(2, 8, 6, 6, dtype=torch.float64))
    assert kept["streams"].shape == (2, 8, 3, 3)
    assert kept["output"].shape == (2, 4, 3, 3)
    assert kept["streams"].min() == 0


@pytest.mark.slow  # importing TensorFlow takes most of it
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_with_a_selective_kernel_is_the_formula_in_tensorflow(stride, training, tensorflow):
    """Shortcut and branch as SimCLRv2 has them, of an even size, built from TensorFlow's primitives."""
    tf = tensorflow
    block = randomized_block(stride, sk_ratio=0.0625, se_ratio=0.0)
    x = torch.randn(3, 8, 6, 10, dtype=torch.float64)
    weights = {key: value.numpy() for key, value in block.state_dict().items()}

    def conv(maps, name, stride=1):
        kernel = weights[f"{name}.weight"]
        kernel = kernel.reshape(*kernel.shape[:2], *kernel.shape[2:] or (1, 1)).transpose(2, 3, 1, 0)
        around = kernel.shape[0] // 2
        return tf.nn.conv2d(maps, kernel, stride, [[0, 0], [around, around], [around, around], [0, 0]])

    def norm(maps, name):
        of_batch = tf.nn.moments(maps, (0, 1, 2))
        moments = of_batch if training else (weights[f"{name}.running_mean"], weights[f"{name}.running_var"])
        return tf.nn.batch_normalization(maps, *moments, weights[f"{name}.bias"], weights[f"{name}.weight"], 1e-5)

    images = x.permute(0, 2, 3, 1).numpy()
    pooled = tf.nn.avg_pool2d(images, 2, stride, "SAME")
    shortcut = norm(conv(pooled, "shortcut.conv"), "shortcut.bn")
    maps = tf.nn.relu(norm(conv(images, "conv1"), "bn1"))
    streams = tf.stack(tf.split(tf.nn.relu(norm(conv(maps, "conv2", stride), "bn2")), 2, axis=3))
    means = tf.reduce_mean(tf.reduce_sum(streams, 0), (1, 2), keepdims=True)
    hidden = tf.nn.relu(norm(conv(means, "select.reduce"), "select.bn"))
    scores = tf.stack(tf.split(conv(hidden, "select.expand"), 2, axis=3))
    chosen = tf.reduce_sum(streams * tf.nn.softmax(scores, 0), 0)
    expected = tf.nn.relu(norm(conv(chosen, "conv3"), "bn3") + shortcut)

    with torch.no_grad():
        given = block.train(training)(x)
    torch.testing.assert_close(given, torch.from_numpy(expected.numpy()).permute(0, 3, 1, 2), rtol=0, atol=1e-12)


def test_a_block_leaves_its_input_alone():
    block = Bottleneck(Placement(in_channels=16, width=4), config())
    x = torch.randn(2, 16, 5, 5)
    before = x.clone()
    block(x)
    assert torch.equal(x, before)
