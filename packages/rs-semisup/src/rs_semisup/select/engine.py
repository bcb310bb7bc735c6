"""DuckDB over the files of predictions, within the memory and threads it is given."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from rs_core.errors import UserError
from rs_semisup.predictions.store import Predictions

Engine = duckdb.DuckDBPyConnection

COLUMNS = ("row", "class", "confidence", "content_hash", "unreadable")


@contextmanager
def open_engine(predictions: Predictions, *, num_threads: int, memory_limit: str) -> Iterator[Engine]:
    """Open a database whose view ``predictions`` is the rows of all files; it and what it spilled go at the end.

    Args:
        predictions: complete.
        num_threads: of a query.
        memory_limit: of all queries, such as "4GB"; beyond, they write to the temporary folder.

    Raises:
        UserError: a file is torn, or memory or the room in the temporary folder does not suffice.
    """
    with tempfile.TemporaryDirectory(prefix="rs-semisup-") as spilled:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": num_threads,
            "memory_limit": memory_limit,
            "temp_directory": spilled,
            "preserve_insertion_order": False,
        }
        try:
            with duckdb.connect(":memory:", config=settings) as engine:
                paths = [str(predictions.path(number)) for number in range(predictions.manifest.num_ranges)]
                engine.from_parquet(paths).create_view("predictions")
                yield engine
        except duckdb.OutOfMemoryException as error:
            raise UserError(
                f"{memory_limit} of memory and the room in {tempfile.gettempdir()} do not suffice; "
                "give more --memory_limit, or set TMPDIR"
            ) from error
        except duckdb.Error as error:
            _refuse_torn(predictions)
            raise UserError(f"{predictions.directory}: {str(error).splitlines()[0]}; see rs-semisup verify") from error


def _refuse_torn(predictions: Predictions) -> None:
    """Name the file that a query could not read; it is known only by reading all, for its checksums too."""
    for number in range(predictions.manifest.num_ranges):
        predictions.read(number, COLUMNS)
