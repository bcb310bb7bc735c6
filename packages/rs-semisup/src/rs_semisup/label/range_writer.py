"""Finishing ranges while the device works on the next one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
import torch

from rs_core.errors import UserError
from rs_semisup.label.batches import LabelBatch
from rs_semisup.label.ranking import Ranking
from rs_semisup.predictions.layout import Manifest
from rs_semisup.predictions.store import Predictions
from rs_semisup.predictions.write import LabelledRows, write_range

Part = tuple[LabelBatch, Ranking]
"""A batch, of which the images may be gone, and what the teacher says of it, on its way to the host."""


class RangeWriter:
    """Writes one range at a time, in a thread: slow storage delays nothing unless it takes longer than labelling does.

    Args:
        predictions: where the files go.
        device: that computes the rankings.
        name: gives what to call a row in a message.
        on_written: told the number of each range whose file is there.
    """

    def __init__(
        self,
        predictions: Predictions,
        device: torch.device,
        name: Callable[[int], str],
        on_written: Callable[[int], None],
    ) -> None:
        self.predictions, self.device, self.name, self.on_written = predictions, device, name, on_written
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None

    def write(self, number: int, parts: list[Part]) -> None:
        """Begin to write a range, after the one before it is written.

        Raises:
            UserError: the one before it could not be written, or is not fit to be.
        """
        self.wait()
        computed = torch.cuda.current_stream(self.device).record_event() if self.device.type == "cuda" else None
        self._pending = self._thread.submit(self._finish, number, parts, computed)

    def raise_failure(self) -> None:
        """Wait for nothing, but raise what has gone wrong.

        Raises:
            UserError: a range could not be written, or is not fit to be.
        """
        if self._pending is not None and self._pending.done():
            self.wait()

    def wait(self) -> None:
        """Wait until all is written.

        Raises:
            UserError: it could not be written, or is not fit to be.
        """
        if self._pending is not None:
            self._pending.result()
            self._pending = None

    def _finish(self, number: int, parts: list[Part], computed: "torch.cuda.Event | None") -> None:
        if computed is not None:
            computed.synchronize()
        labelled = join_parts(parts, self.predictions.manifest)
        refuse_not_finite(labelled, self.predictions.manifest, number, self.name)
        write_range(self.predictions, number, labelled)
        self.on_written(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True)


def join_parts(parts: list[Part], manifest: Manifest) -> LabelledRows:
    """Put the batches of a range together; what stands in the places of padding is dropped."""
    batches = [batch for batch, _ in parts]
    kept = [Ranking(*(tensor[: len(batch.rows)] for tensor in ranking)) for batch, ranking in parts]
    ranking = Ranking(*(torch.cat(tensors) for tensors in zip(*kept, strict=True)))
    return LabelledRows(
        classes=ranking.classes.numpy(),
        probabilities=ranking.probabilities.numpy(),
        confidence=ranking.confidence.numpy(),
        entropy=ranking.entropy.numpy(),
        content_hashes=torch.cat([batch.content_hashes for batch in batches]).numpy(),
        has_bytes=torch.cat([batch.has_bytes for batch in batches]).numpy(),
        perceptual_hashes=torch.cat([batch.perceptual_hashes for batch in batches]).numpy(),
        unreadable={row: reason for batch in batches for row, reason in batch.unreadable.items()},
    )


def refuse_not_finite(labelled: LabelledRows, manifest: Manifest, number: int, name: Callable[[int], str]) -> None:
    """Refuse probabilities that are no numbers.

    Raises:
        UserError: naming the first row that has them.
    """
    rows = manifest.rows_of(number)
    is_bad = ~(np.isfinite(labelled.confidence) & np.isfinite(labelled.entropy))
    for place in np.flatnonzero(is_bad).tolist():
        row = rows[place]
        if row not in labelled.unreadable:
            others = " or ".join(each for each in ("float32", "bfloat16") if each != manifest.precision)
            raise UserError(
                f"{name(row)} (row {row:,}): the teacher {manifest.teacher} answers with NaN in {manifest.precision}; "
                f"try --precision {others} into another folder, or another teacher"
            )
