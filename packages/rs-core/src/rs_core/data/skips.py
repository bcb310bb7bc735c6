"""Samples that cannot be read: which error says so, what is kept of each, and when there are too many.

One bad file in a million must not end a run, nor go by unseen. The loader leaves the sample out and reports it with the
batch; the ledger of a run writes it down, and stops the run past a stated share.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rs_core.atomic import write_text_atomically
from rs_core.errors import UserError

FILE = "skipped.jsonl"
FILE_OF_RANK = re.compile(r"skipped(?:\.rank(\d+))?\.jsonl")

# A broken disk or a wrong folder spoils far more than a thousandth; what the web delivers spoils less.
MAX_SKIPPED_SHARE = 0.001

# A few bad files never stop a run: in a small data set each would already be more than the share.
MIN_SKIPPED_ROWS = 10


class UnreadableSample(UserError):
    """A sample that can be left out: its file is gone or its bytes are no image.

    Any other ``UserError`` of a source, such as a shard that changed since it was indexed, has to end the run.

    Args:
        name: what to call the sample.
        reason: what is wrong with it.
        advice: what to do.

    >>> str(UnreadableSample("cat/1.jpg", "truncated", "replace the file"))
    'cat/1.jpg: truncated; replace the file'
    """

    def __init__(self, name: str, reason: str, advice: str) -> None:
        # All three are arguments of the exception, so it survives the way from a worker.
        super().__init__(name, reason, advice)
        self.name, self.reason, self.advice = name, reason, advice

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}; {self.advice}"


@dataclass(frozen=True, kw_only=True)
class Skip:
    """A sample that was left out.

    Args:
        file: what the sample is called.
        row: of the data set.
        position: in the stream of training; in evaluation the row once more.
        reason: what is wrong with it.
    """

    file: str
    row: int
    position: int
    reason: str


class SkipLedger:
    """Appends what was left out to ``skipped.jsonl`` of a run, one JSON object a line with the fields of ``Skip``.

    Of many processes the first writes that file and process r ``skipped.rank<r>.jsonl``. A resumed run forgets what it
    will meet again: entries at ``first_position`` and after.

    Args:
        directory: of the run.
        first_position: of the stream where the run starts or resumes.
        max_share: of the samples seen, in [0, 1]; with more left out, ``check`` raises.
        rank: of this process.
        num_ranks: how many processes there are.

    >>> import tempfile
    >>> with SkipLedger(Path(tempfile.mkdtemp()), first_position=0) as ledger:
    ...     ledger.note([Skip(file="cat/1.jpg", row=7, position=30, reason="truncated")])
    ...     ledger.check(num_samples_seen=64)
    ...     ledger.count
    1
    """

    def __init__(
        self,
        directory: Path,
        *,
        first_position: int,
        max_share: float = MAX_SKIPPED_SHARE,
        rank: int = 0,
        num_ranks: int = 1,
    ) -> None:
        if not 0 <= max_share <= 1:
            raise UserError(f"data.max_skipped_share={max_share}: give a share of the samples, in [0, 1]")
        self.max_share, self.num_ranks = max_share, num_ranks
        self.path = directory / (f"skipped.rank{rank}.jsonl" if rank else FILE)
        # Also the files of ranks that a run on more processes had; each belongs to one of today's.
        kept = [
            skip
            for path, writer in sorted(skip_files(directory))
            if writer % num_ranks == rank
            for skip in forget_from(path, first_position)
        ]
        self.count = len(kept)
        self.rows = {skip.row for skip in kept}
        self.last = kept[-1] if kept else None
        self._file = self.path.open("a")

    def note(self, skips: Iterable[Skip]) -> None:
        """Write down what a batch left out; it is on the disk when this returns."""
        for skip in skips:
            self._file.write(json.dumps(asdict(skip), ensure_ascii=False) + "\n")
            self.count += 1
            self.rows.add(skip.row)
            self.last = skip
        self._file.flush()

    def check(self, num_samples_seen: int) -> None:
        """Stop the run when too much of ``num_samples_seen``, which all processes saw together, was left out.

        Too much is more than ``max_share`` of it, and more than ``MIN_SKIPPED_ROWS`` different samples. A process looks
        at its own part of the samples, so no process waits for another here.

        Raises:
            UserError: saying how many, where they are listed, and what to do.
        """
        seen = num_samples_seen / self.num_ranks
        if self.last is None or len(self.rows) <= MIN_SKIPPED_ROWS or self.count <= self.max_share * seen:
            return
        raise UserError(
            f"{self.count} of {seen:.0f} training samples could not be read, more than "
            f"data.max_skipped_share={self.max_share:g} allows; the last was {self.last.file} ({self.last.reason}); "
            f"mend or remove the files that {self.path} lists, or allow a larger share"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def skip_files(directory: Path) -> Iterator[tuple[Path, int]]:
    """Yield the files of a run that list what was left out, and the rank of the process that wrote each."""
    for path in directory.iterdir():
        if match := FILE_OF_RANK.fullmatch(path.name):
            yield path, int(match[1] or 0)


def forget_from(path: Path, first_position: int) -> list[Skip]:
    """Drop the entries of a file at ``first_position`` and after, and give the others."""
    kept = [skip for skip in read_skips(path) if skip.position < first_position]
    write_text_atomically(path, "".join(json.dumps(asdict(skip), ensure_ascii=False) + "\n" for skip in kept))
    return kept


def read_skips(path: Path) -> list[Skip]:
    """Give the entries of a file, oldest first; a last line cut off by a crash is left out."""
    skips = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            skips.append(Skip(**json.loads(line)))
        except json.JSONDecodeError:
            break
    return skips
