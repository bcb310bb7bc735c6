"""Rounds over lines: what is repeated, halved and given up. The rounds themselves are made up here."""

import pytest

from rs_core.bench.models.measurement import measure
from rs_core.bench.models.own_process import Failed, OutOfMemory
from rs_core.bench.models.round import Round
from rs_core.bench.models.rows import Row
from rs_core.bench.models.settings import Line, Setting

SETTING = Setting(mode="training", device="cpu", precision="float32", memory_format="channels_last", compiled=False)
LINES = [Line(row=Row("resnet_18", side), setting=SETTING, batch_size=16) for side in (32, 64)]


class Machine:
    """Takes a millisecond for an image, and has room for so many."""

    def __init__(self, room=1000, failure=None):
        self.room, self.failure, self.calls = room, failure, []

    def __call__(self, line, seconds, num_threads):
        self.calls.append((line.row.resolution, line.batch_size, seconds, num_threads))
        if line.batch_size > self.room:
            raise OutOfMemory("no room")
        if self.failure:
            raise Failed(self.failure)
        blocks = (0.001 * line.batch_size, 0.0012 * line.batch_size)
        return Round(block_seconds=blocks, steps_per_block=5, warm_up_seconds=0.1, peak_memory_bytes=len(self.calls))


def test_rounds_go_over_all_lines_and_share_the_time():
    machine = Machine()
    measure(LINES, seconds=6, num_rounds=3, num_threads=4, run_round=machine)
    assert machine.calls == [(32, 16, 2.0, 4), (64, 16, 2.0, 4)] * 3


def test_the_figures_are_those_of_all_rounds():
    (one,) = measure(LINES[:1], seconds=6, num_rounds=3, run_round=Machine())
    assert (one.status, one.reason, one.batch_size) == ("measured", "", 16)
    assert one.latency_seconds == pytest.approx(0.0176)
    assert one.images_per_second == pytest.approx(16 / 0.0176)
    assert one.seconds_per_image == pytest.approx(0.0011)
    assert one.relative_half_width == pytest.approx(one.latency_half_width / 0.0176)
    assert (one.num_rounds, one.num_steps, one.peak_memory_bytes) == (3, 30, 3)


def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_that_is_told():
    machine, told = Machine(room=5), []
    (one,) = measure(LINES[:1], seconds=2, num_rounds=2, run_round=machine, tell=told.append)
    assert [call[1] for call in machine.calls] == [16, 8, 4, 4]
    assert (one.status, one.batch_size, one.asked_batch_size) == ("measured", 4, 16)
    assert one.reason == "batch halved from 16: no room"
    assert "  out of memory with batches of 8: no room" in told


def test_a_row_that_never_fits_is_a_result_and_the_others_are_measured():
    def machine(line, seconds, num_threads):
        return Machine(room=0 if line.row.resolution == 32 else 99)(line, seconds, num_threads)

    lost, found = measure(LINES, seconds=2, num_rounds=2, run_round=machine)
    assert (lost.status, lost.reason, lost.batch_size) == ("out of memory", "no room", 1)
    assert lost.latency_seconds is lost.images_per_second is lost.relative_half_width is None
    assert found.status == "measured"


def test_a_failure_is_a_result_and_is_not_repeated():
    machine = Machine(failure="RuntimeError: no kernel")
    (one,) = measure(LINES[:1], seconds=2, num_rounds=3, run_round=machine)
    assert (one.status, one.reason, len(machine.calls)) == ("failed", "RuntimeError: no kernel", 1)


def test_what_was_measured_before_memory_ran_short_does_not_count():
    class Shrinking(Machine):
        def __call__(self, *arguments):
            self.room = 16 if not self.calls else 8
            return super().__call__(*arguments)

    (one,) = measure(LINES[:1], seconds=3, num_rounds=3, run_round=Shrinking())
    assert (one.batch_size, one.num_rounds) == (8, 2)
    assert one.latency_seconds == pytest.approx(0.0088)
