"""Labelling an index: the whole of it, whatever part others do or have done."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import torch

from rs_core.cores import num_cores
from rs_core.data.index import SampleIndex
from rs_core.data.index.store import open_stored
from rs_core.data.prefetch import prefetch_to_device
from rs_core.errors import UserError
from rs_core.train.precision import Machine, resolve_machine
from rs_core.train.ranks import from_launcher
from rs_semisup.label.batches import LabelBatch, label_batches
from rs_semisup.label.claims import Claims, open_claims
from rs_semisup.label.config import LabelConfig
from rs_semisup.label.free_ranges import take_free_ranges
from rs_semisup.label.manifest import begin_or_join, manifest_of
from rs_semisup.label.range_writer import Part, RangeWriter
from rs_semisup.label.ranking import Ranking, rank_classes
from rs_semisup.predictions.layout import CLAIMS, Manifest
from rs_semisup.predictions.store import Predictions
from rs_semisup.teacher.load import load_teacher, refuse_other_classes
from rs_semisup.teacher.teacher import Teacher

OnRows = Callable[[Predictions, int], None]
"""Told after each batch where the predictions are and how many rows this process has labelled since the last time."""

# Seconds between two looks at the ranges that others are at, when there is nothing else to do.
LOOK_EVERY = 1.0


def no_report(predictions: Predictions, num_rows: int) -> None:
    """Show nothing."""


def label(config: LabelConfig, on_rows: OnRows = no_report, *, start: float | None = None) -> Predictions:
    """Let a teacher label every row of an index; gives the predictions when all of them are there.

    Any number of processes may do this at once, on any machines that see the same folders: each takes ranges that are
    missing and that no other process is at. A range of a process that ended half-way is done again, by those that are
    still there or by the next call. The files are the same to the last bit, however the work was split.

    Args:
        config: what, with whom and how.
        on_rows: told how far it is.
        start: share of the ranges, in [0, 1), to begin behind, so that processes seldom meet; by default as
            ``torchrun`` numbers them, else 0.

    Raises:
        UserError: a teacher, index or folder that cannot be used or does not fit what was begun; NaN from the teacher;
            an index whose files changed; a full disk. What is finished stays.
    """
    refuse_unsaid(config)
    stored = open_stored(Path(config.index), root=config.root)
    teacher = load_teacher(config.teacher, config.teacher_checkpoint)
    refuse_other_classes(teacher, num_classes=config.num_classes, classes_of=config.classes_of)
    machine = resolve_machine(config.device, config.precision)
    if start is None:
        start = from_launcher("RANK", 0) / from_launcher("WORLD_SIZE", 1)
    with open_claims(Path(config.out) / CLAIMS) as claims:
        manifest = manifest_of(config, stored.description, teacher, machine)
        labelling = Labelling(
            index=stored.index,
            teacher=teacher,
            machine=machine,
            num_workers=decoding_processes(config.num_workers, machine.device),
            predictions=begin_or_join(Path(config.out), manifest, claims),
            claims=claims,
            on_rows=on_rows,
        )
        labelling.run(first=int(start * manifest.num_ranges))
    return labelling.predictions


def refuse_unsaid(config: LabelConfig) -> None:
    """Refuse a config that does not say who labels what, or where the predictions go.

    Raises:
        UserError: naming what is left out.
    """
    for name in ("teacher", "index", "out"):
        if not getattr(config, name):
            raise UserError(f"labelling needs {name}: give one")


def decoding_processes(num_workers: int, device: torch.device) -> int:
    """Give the number of processes that decode: as asked, or as many as help.

    On a CPU one keeps ahead of the teacher, and more would take its cores. Accelerators take every core, which the
    processes of this machine share.
    """
    if num_workers >= 0:
        return num_workers
    return 1 if device.type == "cpu" else max(1, num_cores() // from_launcher("LOCAL_WORLD_SIZE", 1))


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelling:
    """One process at work.

    Args:
        index: the rows.
        teacher: who labels them.
        machine: where it computes.
        num_workers: processes that decode.
        predictions: where files appear, of this process and others.
        claims: who is at which range.
        on_rows: told how far it is.
    """

    index: SampleIndex
    teacher: Teacher
    machine: Machine
    num_workers: int
    predictions: Predictions
    claims: Claims
    on_rows: OnRows

    def run(self, first: int) -> None:
        """Label ranges, from number ``first`` on and then from 0, until all are there."""
        self.teacher.model.to(self.machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        while self.predictions.missing():
            free = take_free_ranges(self.predictions, self.claims, first)
            taken = next(free, None)
            if taken is not None:
                # cuDNN must not choose its algorithms by a race: they differ in the last bit. Entered once for all
                # batches, autocast converts the weights once.
                exactly = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
                with exactly, self.machine.autocast():
                    self.label_ranges(chain([taken], free))
            elif self.predictions.missing():
                # The rest is with others. Should one of them end, what it leaves is free.
                time.sleep(LOOK_EVERY)
                self.on_rows(self.predictions, 0)

    def label_ranges(self, numbers: Iterable[int]) -> None:
        """Label ranges whose numbers are asked for as the decoding processes come to them, without a pause between."""
        manifest, device = self.predictions.manifest, self.machine.device
        batches = label_batches(
            self.index,
            order=(batch for number in numbers for batch in batches_of(number, manifest)),
            preprocessing=manifest.preprocessing,
            batch_size=manifest.batch_size,
            with_perceptual_hash=manifest.perceptual_hash,
            num_workers=self.num_workers,
            pin_memory=device.type == "cuda",
        )
        parts: list[Part] = []
        with RangeWriter(self.predictions, device, self.index.name, self.claims.give_back) as writer:
            for batch, ranking in self.rankings(prefetch_to_device(batches, device)):
                writer.raise_failure()
                parts.append((batch, ranking))
                number = batch.first_row // manifest.range_rows
                if batch.rows.stop == manifest.rows_of(number).stop:
                    writer.write(number, parts)
                    parts = []
                self.on_rows(self.predictions, len(batch.rows))
            writer.wait()

    def rankings(self, batches: Iterator[LabelBatch]) -> Iterator[tuple[LabelBatch, Ranking]]:
        """Give what the teacher says of each batch; nothing here waits for the device. The images are let go."""
        for batch in batches:
            with torch.inference_mode():
                answer = self.teacher.log_probabilities(batch.images)
                ranking = rank_classes(answer, self.predictions.manifest.top_k).to_host()
            # A slice would keep the memory of all.
            yield batch._replace(images=batch.images.new_empty(0)), ranking


def batches_of(number: int, manifest: Manifest) -> range:
    """Give the numbers of the batches of a range."""
    rows = manifest.rows_of(number)
    return range(rows.start // manifest.batch_size, -(-rows.stop // manifest.batch_size))
