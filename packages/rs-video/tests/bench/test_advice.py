"""What is recommended fits what limits."""

import pytest

from rs_core.bench.bottleneck import Rates
from rs_video.bench.advice import advise

DEFAULTS = {"storage": 500, "storage_mb": 500, "cpu_core": 12, "num_cores": 8, "num_workers": 8, "device": 40}


@pytest.mark.parametrize(
    ("rates", "circumstances", "advice"),
    [
        ({}, {}, "nothing in the data"),
        ({}, {"on_cpu": True}, "train on a GPU"),
        ({"storage": 5}, {}, "or copy them to a local disk"),
        ({"num_workers": 2}, {}, "use 4 workers (--data.num_workers 4)"),
        ({"device": 400}, {"short_side": 720}, "rs-video reencode --short_side 256 --keyframe_interval 12"),
        ({"device": 400}, {"decode_share": 0.9}, "rs-video reencode --short_side 256 --keyframe_interval 12"),
        ({"device": 400}, {}, "use a machine with more cores: 34 would keep up"),
    ],
)
def test_the_slowest_part_decides(rates, circumstances, advice):
    usual = {"short_side": 256, "resolution": 224, "on_cpu": False, "decode_share": 0.4}
    assert advice in advise(Rates(**DEFAULTS | rates), **usual | circumstances)
