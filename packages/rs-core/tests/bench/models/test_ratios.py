"""ResNet-RS beside the EfficientNet of its accuracy."""

import math

import pytest

from rs_core.bench.models.ratios import ratios


def test_only_pairs_that_were_measured_together_have_a_ratio(report):
    (one,) = ratios(report)
    assert (one.fast, one.slow) == ("resnet_rs_101@160", "efficientnet_b2@260")
    assert one.measured == pytest.approx(2.0)
    assert one.half_width == pytest.approx(2.0 * math.hypot(0.02, 0.02))
    assert (round(one.v100, 1), round(one.tpu, 2)) == (2.1, 1.75)


def test_a_ratio_is_told_in_a_line(report):
    (one,) = ratios(report)
    assert str(one) == (
        "resnet_rs_101@160 is 2.00 ± 0.06 times as fast as efficientnet_b2@260; paper, training: 2.1 V100, 1.8 TPUv3"
    )


def test_all_five_pairs_of_the_paper_are_found(make_report):
    rows = ["resnet_rs_101@160", "resnet_rs_152@224", "resnet_rs_152@256", "resnet_rs_270@256", "resnet_rs_350@256"]
    rows += ["efficientnet_b2@260", "efficientnet_b4@380", "efficientnet_b5@456", "efficientnet_b6@528"]
    assert len(ratios(make_report(dict.fromkeys(rows, 0.5)))) == 5
