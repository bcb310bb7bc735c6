"""The whole network of images: options reach where they should."""

import copy

import pytest
import torch

from rs_core import create_model

MULTIPLIERS = [0.25, 0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_every_stage_follows_the_width_multiplier(multiplier):
    with torch.device("meta"):
        model = create_model("resnet_rs_50", width_multiplier=multiplier)
    assert [info.channels for info in model.feature_info] == [int(multiplier * c) for c in (256, 512, 1024, 2048)]
    assert model.stages["c3"][1].conv2.out_channels == int(128 * multiplier)
    assert model.stages["c3"][1].se.reduce.out_features == int(128 * multiplier)
    assert model.classifier.in_features == int(2048 * multiplier)


def test_drop_path_rates_reach_their_blocks(small):
    model = small(blocks=(1, 2, 1, 1), drop_path_rate=0.5)
    assert [block.drop_path_rate for block in model.blocks()] == pytest.approx([0.2, 0.3, 0.3, 0.4, 0.5])


@pytest.mark.parametrize(
    ("name", "options", "output_stride"),
    [
        ("resnet_18", {}, 8),
        ("resnet_18", {}, 16),
        ("resnet_50", {}, 8),
        ("resnet_50", {"downsampling": "A"}, 8),
        ("resnet_50", {"downsampling": "A"}, 16),
        # At stride 8 the 2x2 pool of c5 stays at neighbouring pixels, as in timm, so only c4 would agree.
        ("resnet_d_50", {}, 16),
        ("resnet_d_18", {}, 16),
    ],
)
def test_a_dilated_network_computes_the_strided_one_at_more_positions(name, options, output_stride, small, draw):
    options = {"zero_gamma": False, "blocks": (1, 2, 2, 2)} | options
    strided = small(name, **options).eval().double()
    dilated = small(name, output_stride=output_stride, **options).eval().double()
    dilated.load_state_dict(strided.state_dict())
    coarse, fine = (model.forward_features(draw(1, 128, 96).double()) for model in (strided, dilated))
    for info, reference in zip(dilated.feature_info, coarse.values(), strict=True):
        step = fine[info.name].shape[2] // reference.shape[2]
        torch.testing.assert_close(fine[info.name][:, :, ::step, ::step], reference)
    assert fine["c5"].shape[2:] == (128 // output_stride, 96 // output_stride)


@pytest.mark.parametrize(
    ("depth", "width", "millions"),
    [(50, 1, 35), (50, 2, 140), (101, 1, 65), (101, 2, 257), (152, 1, 89), (152, 2, 354), (152, 3, 795)],
)
def test_selective_kernels_make_the_published_sizes_of_simclr_v2(depth, width, millions):
    """They count the statistics of batch norm and no classifier (google-research/simclr:README.md)."""
    with torch.device("meta"):
        model = create_model(f"resnet_d_{depth}", width_multiplier=width, num_classes=0, sk_ratio=0.0625)
    num_values = sum(tensor.numel() for tensor in model.state_dict().values() if tensor.ndim)
    assert round(num_values / 1e6) == millions


@pytest.fixture(scope="module")
def selective(small):
    """A small network as SimCLRv2's with selective kernels."""
    like_simclr = {"sk_ratio": 0.0625, "stem_pool_padding": "same", "pool_every_shortcut": True}
    return lambda **options: small("resnet_d_50", **(like_simclr | options))


def test_settings_reach_the_batch_norms_of_selective_kernels(selective):
    norms = [block.select.bn for block in selective(bn_momentum=1.0, bn_eps=1e-3).blocks()]
    assert {(norm.momentum, norm.eps) for norm in norms} == {(1.0, 1e-3)}


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_with_selective_kernels_the_network_is_one_graph_for_torch_compile(training, selective, draw):
    model = selective(drop_path_rate=0.2, se_ratio=0.25).train(training)
    twin = copy.deepcopy(model)
    torch.compiler.reset()
    compiled = torch.compile(twin, fullgraph=True, backend="eager")
    outputs = []
    for network in (model, compiled):
        torch.manual_seed(0)
        outputs.append(network(draw()))
    torch.testing.assert_close(outputs[1], outputs[0])
    norm, expected = twin.stages["c5"][0].select.bn, model.stages["c5"][0].select.bn
    assert torch.equal(norm.running_mean, expected.running_mean)


def test_with_selective_kernels_images_stay_channels_last(selective, draw):
    model = selective().eval().to(memory_format=torch.channels_last)
    features = model.forward_features(draw().to(memory_format=torch.channels_last))
    assert all(feature.is_contiguous(memory_format=torch.channels_last) for feature in features.values())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_selective_kernels_train_under_autocast(dtype, selective, draw):
    model = selective(zero_gamma=False, drop_path_rate=0.2)
    with torch.autocast("cpu", dtype):
        logits = model(draw())
    assert logits.dtype == dtype
    logits.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert model.stages["c2"][0].select.expand.weight.grad.any()


def test_selective_kernels_compute_the_same_with_activation_checkpointing(selective, draw):
    model = selective(zero_gamma=False)
    twin = selective(zero_gamma=False, activation_checkpointing=True)
    twin.load_state_dict(model.state_dict())
    for network in (model, twin):
        network(draw()).square().sum().backward()
    assert all(torch.equal(a, b) for a, b in zip(model.buffers(), twin.buffers(), strict=True))
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(ours.grad, theirs.grad)


@pytest.mark.skipif(torch.__version__.startswith("2.9."), reason="PyTorch 2.9 keeps the parity of the example's sizes")
def test_selective_kernels_can_be_exported_for_any_batch_and_size(selective, draw):
    model = selective().eval()
    dims = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    program = torch.export.export(model, (draw(),), dynamic_shapes=(dims,)).module()
    other = draw(3, height=70, width=54)
    torch.testing.assert_close(program(other), model(other))


def test_state_dict_keys_are_stable(small):
    model = small(blocks=(2, 1, 1, 1))
    block = [
        *("shortcut.conv.weight", "shortcut.bn.weight", "shortcut.bn.running_mean"),
        *("conv1.weight", "bn1.weight", "conv2.weight", "bn2.bias", "conv3.weight", "bn3.running_var"),
        *("se.reduce.weight", "se.reduce.bias", "se.expand.weight", "se.expand.bias"),
    ]
    expected = {
        *("stem.conv1.weight", "stem.bn1.weight", "stem.conv4.weight", "stem.bn4.num_batches_tracked"),
        *(f"stages.c2.0.{key}" for key in block),
        *(f"stages.c5.0.{key}" for key in block),
        *("stages.c2.1.conv1.weight", "classifier.weight", "classifier.bias"),
    }
    keys = set(model.state_dict())
    assert expected <= keys
    assert "stages.c2.1.shortcut.conv.weight" not in keys
    assert len(keys) == 4 * 6 + 4 * (4 * 6 + 4) + (3 * 6 + 4) + 2
