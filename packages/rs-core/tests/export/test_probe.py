import math

import pytest
import torch

from rs_core import UserError
from rs_core.export.probe import Probe, make_probe, probe_images, rounding_bound


def test_the_images_are_the_same_for_ever():
    """The first bytes of ``printf rs_core | openssl dgst -shake128``."""
    images = probe_images((3, 8, 8))
    assert images.shape == (3, 3, 8, 8)
    assert (images.flatten()[:6] * 73.9 + 127.5).round().int().tolist() == [186, 65, 237, 171, 83, 212]


def test_the_images_are_normalised():
    images = probe_images((3, 160, 160))
    assert images.dtype == torch.float32
    assert images.mean().item() == pytest.approx(0, abs=0.01)
    assert images.std().item() == pytest.approx(1, abs=0.01)


def test_the_difference_is_the_largest_over_the_spread():
    probe = Probe(logits=((3.0, -4.0), (0.0, 0.0)), bound=1.0)  # root mean square 2.5
    assert probe.difference(torch.tensor([[3.0, -4.0], [0.0, 0.5]])) == pytest.approx(0.2)
    assert probe.difference(torch.tensor([[3.0, -4.0], [0.0, 0.0]])) == 0
    assert math.isnan(probe.difference(torch.tensor([[3.0, -4.0], [0.0, math.nan]])))
    assert probe.difference(torch.zeros(2, 3)) == math.inf


def test_logits_that_are_all_zero_have_no_spread_but_may_agree():
    probe = Probe(logits=((0.0, 0.0),), bound=1.0)
    assert probe.difference(torch.zeros(1, 2)) == 0
    assert probe.difference(torch.full((1, 2), 1e-9)) == math.inf


def test_logits_whose_squares_overflow_float32_still_differ():
    probe = Probe(logits=((1e30, 1e30),), bound=1.0)
    assert probe.difference(torch.zeros(1, 2)) == pytest.approx(1)
    assert probe.difference(torch.full((1, 2), 1e30)) == 0


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (((1.0,), (1.0, 2.0)), "the probe's rows of logits differ in length"),
        (((math.inf,),), "the probe's logits are not finite"),
        (((1e300,),), "the probe's logits are not finite"),
    ],
)
def test_logits_that_no_network_gives_are_refused(logits, message):
    with pytest.raises(UserError, match=message):
        Probe(logits=logits, bound=1.0)


def test_the_bound_grows_with_depth_and_roughness(small_network):
    shallow, deep = small_network(), small_network(blocks=(4, 4, 4, 4))
    assert rounding_bound(shallow, torch.float32) < rounding_bound(deep, torch.float32) < 1e-3
    assert 0.01 < rounding_bound(shallow, torch.bfloat16) < rounding_bound(deep, torch.bfloat16) < 0.2


def test_the_probe_holds_eager_logits_to_the_last_bit(small_network):
    model = small_network().eval()
    probe = make_probe(model, (3, 64, 64), torch.float32)
    with torch.no_grad():
        assert torch.equal(torch.tensor(probe.logits), model(probe_images((3, 64, 64))))


def test_a_network_that_overflows_cannot_be_probed(small_network):
    model = small_network().eval()
    model.classifier.weight.data.fill_(float("inf"))
    with pytest.raises(UserError, match="not finite"):
        make_probe(model, (3, 64, 64), torch.float32)
