"""Inflation: a network of clips that computes what the network of images computes."""

import pytest
import torch

from rs_core import UserError
from rs_core.models import create_model, inflate

SMALL = {"blocks": (1, 2, 1, 2), "width_multiplier": 0.125, "zero_gamma": False, "init": "he"}
IMAGE = {"downsampling": "B", "stem_downsampling": "max_pool", "num_classes": 5}


def networks(name="resnet_50", stem="7x7", se_ratio=0.0, padding="symmetric", **clip_options):
    """Build a network of images with statistics unlike the initial ones, and the network of clips that it fits."""
    torch.manual_seed(0)
    shared = SMALL | {"stem": stem, "se_ratio": se_ratio, "padding": padding}
    images = create_model(name, **(shared | IMAGE), stem_pool_padding=padding).double().train()
    images(torch.randn(8, 3, 64, 64, dtype=torch.float64))
    clips = create_model("r3d_50", **(shared | {"num_classes": 5} | clip_options)).double()
    return images.eval(), clips.eval()


def features_of_equal_frames(images, clips, num_frames):
    image = torch.randn(2, 3, 70, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    clip = image.unsqueeze(2).expand(-1, -1, num_frames, -1, -1)
    with torch.no_grad():
        return images.forward_features(image), clips.forward_features(clip), images(image), clips(clip)


@pytest.mark.parametrize("padding", ["symmetric", "same"])
@pytest.mark.parametrize("stem", ["7x7", "deep"])
@pytest.mark.parametrize("se_ratio", [0.0, 0.25])
def test_a_centre_inflated_network_gives_the_image_features_in_every_frame(stem, se_ratio, padding):
    images, clips = networks(stem=stem, se_ratio=se_ratio, padding=padding, stem_temporal_stride=1)
    done = inflate(images.state_dict(), clips, "centre")
    assert (done.fresh, done.unused) == ((), ())
    expected, actual, logits, clip_logits = features_of_equal_frames(images, clips, num_frames=5)
    for name, feature in actual.items():
        torch.testing.assert_close(feature, expected[name].unsqueeze(2).expand(feature.shape))
    torch.testing.assert_close(clip_logits, logits)


def test_centre_inflation_holds_with_temporal_strides_too_where_padding_is_symmetric():
    images, clips = networks(temporal_strides=(1, 2, 1, 2))
    inflate(images.state_dict(), clips, "centre")
    expected, actual, logits, clip_logits = features_of_equal_frames(images, clips, num_frames=9)
    assert actual["c5"].shape[2] == 2
    torch.testing.assert_close(actual["c5"], expected["c5"].unsqueeze(2).expand(actual["c5"].shape))
    torch.testing.assert_close(clip_logits, logits)


# Of 12 positions in time: the stem's kernel reaches past the ends at one, that of c4 at one more, those of c5 at two.
UNTOUCHED = {"c2": (1, 11), "c3": (1, 11), "c4": (2, 10), "c5": (4, 8)}


@pytest.mark.parametrize("padding", ["symmetric", "same"])
def test_a_mean_inflated_network_gives_the_image_features_away_from_the_ends_of_the_clip(padding):
    images, clips = networks(padding=padding)
    inflate(images.state_dict(), clips, "mean")
    expected, actual, _, _ = features_of_equal_frames(images, clips, num_frames=24)
    for name, (first, last) in UNTOUCHED.items():
        frames = actual[name].unbind(2)
        for frame in frames[first:last]:
            torch.testing.assert_close(frame, expected[name])
        assert not torch.allclose(frames[0], expected[name])


def test_without_kernels_over_time_both_rules_are_exact_in_every_frame():
    flat = {"stem_temporal_kernel_size": 1, "temporal_kernel_sizes": ((1,), (1,), (1,), (1,))}
    for rule in ("mean", "centre"):
        images, clips = networks(se_ratio=0.25, **flat)
        inflate(images.state_dict(), clips, rule)
        _, _, logits, clip_logits = features_of_equal_frames(images, clips, num_frames=4)
        torch.testing.assert_close(clip_logits, logits)


@pytest.mark.parametrize("rule", ["mean", "centre"])
def test_the_frames_of_a_kernel_add_up_to_the_image_kernel(rule):
    images, clips = networks()
    inflate(images.state_dict(), clips, rule)
    kernel = clips.stem.conv1.weight
    torch.testing.assert_close(kernel.sum(2), images.stem.conv1.weight)
    num_used = int((kernel != 0).any(dim=(0, 1, 3, 4)).sum())
    assert num_used == {"mean": 5, "centre": 1}[rule]


def test_what_has_no_counterpart_is_named_and_stays_as_it_was():
    image = create_model("resnet_rs_50", **SMALL, num_classes=7)
    clips = create_model("r3d_rs_50", **SMALL, num_classes=5)
    before = {key: tensor.clone() for key, tensor in clips.state_dict().items()}
    done = inflate(image.state_dict(), clips)
    gates = [f"stages.{stage}.{i}.self_gating" for stage, i in [("c2", 0), ("c3", 1), ("c4", 0), ("c5", 1)]]
    heads = {"classifier.weight", "classifier.bias"}
    assert set(done.fresh) == heads | {f"{gate}.{leaf}" for gate in gates for leaf in ("weight", "bias")}
    leaves = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    assert set(done.unused) == heads | {"stem.conv4.weight"} | {f"stem.bn4.{leaf}" for leaf in leaves}
    after = clips.state_dict()
    assert all(torch.equal(after[key], before[key]) for key in done.fresh)
    assert set(done.taken) | set(done.fresh) == set(after)
    assert torch.equal(after["stages.c3.1.se.reduce.bias"], image.stages["c3"][1].se.reduce.bias)


def test_squeeze_excitation_of_another_ratio_is_left_out_whole():
    images, clips = networks(se_ratio=0.5)
    clips = create_model("r3d_50", **SMALL, se_ratio=0.25)
    before = {key: tensor.clone() for key, tensor in clips.state_dict().items()}
    done = inflate(images.state_dict(), clips)
    gates = {key for key in before if ".se." in key}
    assert gates <= set(done.fresh)
    assert gates <= set(done.unused)
    assert all(torch.equal(clips.state_dict()[key], before[key]) for key in gates)
    assert {key for key in before if ".bn3." in key} <= set(done.taken)


def test_a_gate_that_does_not_fit_leaves_the_others_to_be_taken():
    images, clips = networks(se_ratio=0.25)
    weights = images.state_dict()
    del weights["stages.c3.1.se.reduce.weight"]
    done = inflate(weights, clips)
    leaves = ("reduce.weight", "reduce.bias", "expand.weight", "expand.bias")
    assert done.fresh == tuple(f"stages.c3.1.se.{leaf}" for leaf in leaves)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet_50", {"blocks": (1, 1, 1, 2)}),
        ("resnet_50", {"blocks": (2, 2, 1, 2)}),
        ("resnet_50", {"width_multiplier": 0.25}),
        ("resnet_50", {"stem": "deep"}),
        ("resnet_50", {"in_channels": 1}),
        ("resnet_18", {}),
    ],
    ids=["fewer blocks", "more blocks", "wider", "another stem", "grey", "basic blocks"],
)
def test_another_network_is_refused_in_one_line_and_changes_nothing(name, options):
    image = create_model(name, **(SMALL | options))
    clips = create_model("r3d_50", **SMALL)
    before = {key: tensor.clone() for key, tensor in clips.state_dict().items()}
    with pytest.raises(UserError, match=r"the networks differ in .* tensors, first in") as error:
        inflate(image.state_dict(), clips)
    assert "\n" not in str(error.value)
    assert all(torch.equal(tensor, before[key]) for key, tensor in clips.state_dict().items())


def test_an_unknown_rule_is_refused():
    with pytest.raises(UserError, match=r"rule='center': choose from .*did you mean 'centre'"):
        inflate({}, create_model("r3d_50", **SMALL), "center")
