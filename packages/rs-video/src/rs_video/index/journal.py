"""What is known of files, one JSON object a line, written down at once so that a killed job loses nothing of it."""

import json
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from rs_core.atomic import write_text_atomically
from rs_core.data.index.storage import FileState
from rs_core.errors import UserError

Entry = dict[str, Any]


class Journal:
    """Entries by file, each of one state of the file; use it as a context. One process at a time may write.

    A journal whose first line is another header is begun anew, and a last line that a kill cut off is forgotten.

    Args:
        path: of the journal; it is made with the first entry.
        header: what the entries mean, such as their version.
    """

    def __init__(self, path: Path, header: Entry) -> None:
        self.path = path
        self.header = header
        self.entries = read_entries(path, header)
        self._stream: TextIO | None = None

    def known(self, file: str, state: FileState) -> Entry | None:
        """Give the entry of a file if it was made of the same state."""
        entry = self.entries.get(file)
        return entry if entry and (entry["size"], entry["mtime_ns"]) == (state.size, state.mtime_ns) else None

    def note(self, file: str, state: FileState, facts: Entry) -> Entry:
        """Write down and give the entry of a file; another process can read it when this returns."""
        entry = {"file": file, "size": state.size, "mtime_ns": state.mtime_ns, **facts}
        if self._stream is None:
            # Whole lines only, and of each file the last: what was cut off must not run into the next line.
            self.keep(self.entries.keys())
            self._stream = self.path.open("a", encoding="utf-8")
        try:
            self._stream.write(json.dumps(entry) + "\n")
            self._stream.flush()
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}; make room and start again") from error
        self.entries[file] = entry
        return entry

    def keep(self, files: Collection[str]) -> None:
        """Forget all other files; not while entries are being noted."""
        self.entries = {file: entry for file, entry in self.entries.items() if file in files}
        lines = [json.dumps(line) for line in (self.header, *self.entries.values())]
        write_text_atomically(self.path, "\n".join(lines) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None


def read_header(path: Path) -> Entry | None:
    """Give the first line of a journal, ``None`` if there is no journal."""
    lines = read_lines(path)
    return lines[0] if lines else None


def read_entries(path: Path, header: Entry) -> dict[str, Entry]:
    """Give the entries by file, of a file written twice the last; none if the header is another."""
    lines = read_lines(path)
    return {entry["file"]: entry for entry in lines[1:]} if lines and lines[0] == header else {}


def read_lines(path: Path) -> list[Entry]:
    """Read JSON objects up to the first line that is none; nothing if there is no such file."""
    lines: list[Entry] = []
    try:
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                value = json.loads(line)
                if not line.endswith("\n") or not isinstance(value, dict):
                    break
                lines.append(value)
    except FileNotFoundError:
        return []
    except ValueError:
        # Cut off, or no JSON at all: what comes after it cannot be trusted.
        return lines
    return lines
