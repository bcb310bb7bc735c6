"""What a selection did: the figures, as JSON and as a page to read."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rs_semisup.select.config import SelectConfig

# So many classes without an image are named on the page.
MOST_NAMED = 50


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Smallest, median and largest of the numbers of images of all classes."""

    min: int
    median: float
    max: int

    def __str__(self) -> str:
        return f"{self.min:,} / {self.median:,.10g} / {self.max:,}"


def spread_of(numbers: NDArray[np.int64]) -> Spread:
    """Give the spread of at least one number.

    >>> str(spread_of(np.array([1, 2, 3000])))
    '1 / 2 / 3,000'
    """
    return Spread(min=int(numbers.min()), median=float(np.median(numbers)), max=int(numbers.max()))


@dataclass(frozen=True, kw_only=True)
class SelectionReport:
    """What a selection did.

    Args:
        directory: of the new index; what is to be looked at is in ``report/`` of it.
        num_rows: of the index that was labelled.
        num_unreadable: of them, which have no prediction.
        num_below: less certain than the threshold.
        num_removed: images of other sets, by reason; only of what is at or above the threshold.
        num_over: candidates of classes that were full without them.
        num_images: that are chosen.
        num_duplicated: of these, which have more than one row.
        num_selected: rows of the new index.
        num_compared: images of the labelled set and those held out.
        num_not_compared: of them, which cannot be read.
        per_class_before: candidates: certain enough, and no image of another set.
        per_class_after: rows of the new index.
        empty_classes: classes without any image.
        seconds: that it took.
    """

    directory: Path
    num_rows: int
    num_unreadable: int
    num_below: int
    num_removed: dict[str, int]
    num_over: int
    num_images: int
    num_duplicated: int
    num_selected: int
    num_compared: int
    num_not_compared: int
    per_class_before: Spread
    per_class_after: Spread
    empty_classes: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        return f"{self.num_images:,} of {self.num_rows:,} images chosen, {self.num_selected:,} rows in {self.directory}"

    def to_json(self) -> dict[str, Any]:
        """Give the fields."""
        return asdict(self) | {"directory": str(self.directory)}


def page(report: SelectionReport, config: SelectConfig, teacher: str) -> str:
    """Write the page: what was left of the rows at each step, how the classes are filled, and what it looks like."""
    removed = "".join(f"| removed as duplicates: {name} | {num:,} |\n" for name, num in report.num_removed.items())
    copied = f"{report.num_selected - report.num_images:,} of them copies"
    return f"""# Selection of pseudo-labelled images

Chosen of `{config.index}` by the predictions of {teacher} in `{config.predictions}`. This index holds no images: its
rows say where they are, and `source_row` which row of that index each of them is.

| rows | number |
| --- | --- |
| of the index | {report.num_rows:,} |
| unreadable, without a prediction | {report.num_unreadable:,} |
| below the threshold of {config.threshold:g} | {report.num_below:,} |
{removed}| beyond {config.per_class:,} of their class | {report.num_over:,} |
| **different images chosen** | {report.num_images:,} |
| of them with more than one row | {report.num_duplicated:,} |
| **rows of this index** | {report.num_selected:,} ({copied}) |

| images of a class | min / median / max |
| --- | --- |
| before: certain enough and no duplicate | {report.per_class_before} |
| after: rows of this index | {report.per_class_after} |

{comparison(report, config)}

{empty(report)}

It took {report.seconds:,.1f} seconds. All settings and figures are in `selection.json`.

## Confidence of the predictions

![histogram of confidence](confidence.png)

## Images of each class

![images of each class before and after](classes.png)

## The most certain images

![the most certain images](most_certain.png)

## The least certain images

![the least certain images](least_certain.png)
"""


def comparison(report: SelectionReport, config: SelectConfig) -> str:
    """Say what the images were compared with, and how."""
    if not config.removed:
        return "Nothing says which images are in the labelled set or in evaluations, so none was removed for that."
    distance = config.max_hash_distance
    nearly = f", or a perceptual hash up to {distance} bits apart from that," if distance >= 0 else ""
    unreadable = f"; {report.num_not_compared:,} of them cannot be read" if report.num_not_compared else ""
    sets = ", ".join(f"`{path}`" for path in config.removed)
    return f"Duplicates are rows with the bytes{nearly} of one of {report.num_compared:,} images of {sets}{unreadable}."


def empty(report: SelectionReport) -> str:
    """Name the classes without any image."""
    if not report.empty_classes:
        return "Every class has images."
    named = ", ".join(report.empty_classes[:MOST_NAMED])
    more = ", … (all are in `selection.json`)" if len(report.empty_classes) > MOST_NAMED else ""
    return f"No image of {len(report.empty_classes):,} of the classes: {named}{more}."
