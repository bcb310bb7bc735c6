"""Taking one range after another that nobody has done and nobody is doing."""

from collections.abc import Iterator

from rs_semisup.label.claims import Claims
from rs_semisup.predictions.layout import file_name
from rs_semisup.predictions.store import Predictions


def take_free_ranges(predictions: Predictions, claims: Claims, first: int) -> Iterator[int]:
    """Claim the ranges that are missing and free, each when it is asked for; ends when there is none left.

    Args:
        predictions: where files appear, of this process and others.
        claims: says which ranges others hold.
        first: the range to begin at; after the last one comes range 0.
    """
    missing = predictions.missing()
    for number in [each for each in missing if each >= first] + [each for each in missing if each < first]:
        if not claims.take(number):
            continue
        # It may have been done between the look at the folder and the claim.
        if predictions.path(number).exists():
            claims.give_back(number)
            continue
        if claims.works:
            _remove_left_overs(predictions, number)
        yield number


def _remove_left_overs(predictions: Predictions, number: int) -> None:
    """Remove what processes that were killed while they wrote this range left: nobody else holds it now."""
    name = file_name(predictions.manifest.rows_of(number))
    for path in predictions.directory.glob(f".{name}.*.partial"):
        path.unlink(missing_ok=True)
