"""Rounds of a tiny network, each in a process of its own."""

import itertools

import pytest

from rs_core.bench.models.own_process import in_own_process
from rs_core.bench.models.round import FEWEST_BLOCKS, measure_round
from rs_core.bench.models.rows import Row
from rs_core.bench.models.settings import Line, Setting


def tiny(row=Row("resnet_18", 32), *, batch_size=2, **setting):  # noqa: B008  # frozen
    plain = {"mode": "inference", "device": "cpu", "precision": "float32", "memory_format": "channels_last"}
    return Line(row=row, setting=Setting(**{**plain, "compiled": False, **setting}), batch_size=batch_size)


@pytest.fixture
def measured(fork_server):
    return lambda line: in_own_process(measure_round, line, 0.03, 1, context=fork_server)


@pytest.mark.parametrize(
    ("mode", "precision", "memory_format"),
    [
        *itertools.product(("training", "inference"), ("float32", "bfloat16"), ("channels_last",)),
        ("training", "float16", "channels_last"),
        ("inference", "float32", "contiguous"),
    ],
)
def test_a_step_is_timed_in_every_setting(measured, mode, precision, memory_format):
    one = measured(tiny(mode=mode, precision=precision, memory_format=memory_format))
    assert len(one.block_seconds) >= FEWEST_BLOCKS
    assert one.steps_per_block >= 1
    assert all(seconds > 0 for seconds in one.block_seconds)


def test_an_efficientnet_is_measured_as_any_other(measured):
    pytest.importorskip("timm", reason="timm has the EfficientNets")
    assert measured(tiny(Row("efficientnet_rs_b0", 32))).peak_memory_bytes > 0


def test_training_takes_more_memory_than_inference_and_larger_batches_more_than_small_ones(measured):
    row = Row("resnet_18", 64)
    inference, training, large = (
        measured(tiny(row, mode=mode, batch_size=batch_size)).peak_memory_bytes
        for mode, batch_size in (("inference", 1), ("training", 1), ("training", 16))
    )
    # 11.7 M weights; training has gradients and momentum too, and of 16 images 16 times the activations.
    assert 11.7e6 * 4 < inference < training < large - 10e6
