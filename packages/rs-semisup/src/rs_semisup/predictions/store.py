"""Reading predictions: which ranges are there, and what they hold, never more and never less than that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rs_core.data.index.fingerprint import fingerprint
from rs_core.data.index.layout import Description
from rs_core.errors import UserError
from rs_semisup.predictions.layout import FORMAT, MANIFEST, VERSION, Manifest, file_name, manifest_from_json


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions in a folder, perhaps of some ranges only. Ranges are numbered from 0."""

    directory: Path
    manifest: Manifest

    def path(self, number: int) -> Path:
        """Give the path of the file of a range."""
        return self.directory / file_name(self.manifest.rows_of(number))

    def missing(self) -> list[int]:
        """Give the ranges of which there is no file."""
        present = {path.name for path in self.directory.glob("rows-*.parquet")}
        return [number for number in range(self.manifest.num_ranges) if self.path(number).name not in present]

    def refuse_missing(self) -> None:
        """Refuse predictions of some rows only.

        Raises:
            UserError: naming the first range that is missing.
        """
        missing = self.missing()
        if missing:
            rows = self.manifest.rows_of(missing[0])
            raise UserError(
                f"{self.directory}: {len(missing):,} of {self.manifest.num_ranges:,} ranges are not labelled, the "
                f"first from row {rows.start:,}; run rs-semisup label again, which does what is missing"
            )

    def refuse_other_index(self, directory: Path, description: Description) -> None:
        """Refuse an index that is not the one that was labelled.

        Raises:
            UserError: naming both.
        """
        if fingerprint(description) != self.manifest.index:
            raise UserError(
                f"{directory}: has other rows ({description.num_rows:,}) than the index that {self.directory} labels "
                f"({self.manifest.num_rows:,}), or has changed since; label it into another folder"
            )

    def read(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Read some columns, or all, of a range, and check that every row of it is there once and in order.

        Raises:
            UserError: the file is missing, torn, or has other columns or rows.
        """
        path, rows = self.path(number), self.manifest.rows_of(number)
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                schema = file.schema_arrow
                if not schema.equals(self.manifest.schema):
                    raise UserError(f"{path}: has other columns than {MANIFEST} says; {REMEDY}")
                names = list(dict.fromkeys(["row", *(schema.names if columns is None else columns)]))
                table = file.read(columns=names, use_threads=False)
        except FileNotFoundError:
            raise UserError(f"{path}: is missing; run rs-semisup label again, which does what is missing") from None
        except (OSError, pa.ArrowException) as error:
            raise UserError(f"{path}: torn or damaged ({str(error).splitlines()[0]}); {REMEDY}") from error
        found = table["row"].to_numpy()
        if not np.array_equal(found, np.arange(rows.start, rows.stop)):
            raise UserError(
                f"{path}: does not hold each of the rows {rows.start:,} to {rows.stop - 1:,} once; {REMEDY}"
            )
        return table if columns is None else table.select(list(columns))


REMEDY = "remove the file and run rs-semisup label again, which does what is missing"


def open_predictions(directory: Path) -> Predictions:
    """Open what ``rs-semisup label`` wrote, finished or not.

    Raises:
        UserError: there is no manifest, or none that this version reads.
    """
    path = directory / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{directory}: no predictions there; make some with rs-semisup label") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{path}: damaged; label into another folder") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UserError(f"{path}: does not describe predictions; give a folder that rs-semisup label wrote")
    if data.get("version") != VERSION:
        raise UserError(
            f"{path}: of version {data.get('version')}, and this rs-semisup reads version {VERSION}; "
            "label again, or update rs-semisup"
        )
    try:
        return Predictions(directory, manifest_from_json(data))
    except UserError as error:
        raise UserError(f"{path}: damaged ({error}); label into another folder") from None
