"""How well the order of training mixes, by the length of its runs, against numpy's shuffle of the whole list.

    python benchmarks/order_quality.py
    python benchmarks/order_quality.py --json     # writes order_quality_<hardware>.json

1,281,167 rows of 1,000 classes, batches of 256, in the worst case for runs: rows sorted by class, as image folders are.
(In shards that were shuffled when they were written, neighbours are unrelated, and runs mix like single rows.) A row of
the table says, as means over batches:

* classes: how many different classes a batch has;
* spread: variance of the number of images of a class, over that of independent draws; 1 is a perfect shuffle;
* met again: share of the pairs of batch-mates that are batch-mates in the next epoch as well;
* reads: reads that fetch a batch, where neighbouring rows come in one;
* ms: to compute the order of a batch at any place of a set of 130 million rows.
"""

import argparse
import time
from collections.abc import Callable
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray
from record import describe_hardware, write_record

from rs_core.data.order import Order

NUM_ROWS, NUM_CLASSES, BATCH_SIZE = 1_281_167, 1000, 256
RUN_LENGTHS = (1, 4, 8, 16, 64)
Rows = NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="write the figures beside this script")
    parser.add_argument("--batches", type=int, default=200, help="batches looked at, of an epoch's 5,004")
    arguments = parser.parse_args()
    rows = [measure("numpy's shuffle", shuffle_by_numpy(), arguments.batches)]
    rows += [measure(f"run_length {n}", order_of(n), arguments.batches, run_length=n) for n in RUN_LENGTHS]
    print(f"{'order':16}{'classes':>9}{'spread':>8}{'met again':>11}{'reads':>7}{'ms':>7}")
    for row in rows:
        print("{order:16}{classes:9.1f}{spread:8.2f}{met_again:11.5f}{reads:7.0f}{ms:7.2f}".format(**row))
    if arguments.json:
        settings = {"num_rows": NUM_ROWS, "num_classes": NUM_CLASSES, "batch_size": BATCH_SIZE}
        print("written:", write_record(__file__, describe_hardware(), settings | vars(arguments), rows))


def order_of(run_length: int) -> Callable[[int, int], Rows]:
    """Give the function from (epoch, batch) to the rows of ours."""
    order = Order(num_rows=NUM_ROWS, seed=0, run_length=run_length)
    return lambda epoch, batch: order.rows_at(epoch * NUM_ROWS + batch * BATCH_SIZE + np.arange(BATCH_SIZE))


def shuffle_by_numpy() -> Callable[[int, int], Rows]:
    """Give the same function of a list that is shuffled anew for each epoch."""
    rng = np.random.default_rng(0)
    epochs = [rng.permutation(NUM_ROWS) for _ in range(2)]
    return lambda epoch, batch: epochs[epoch][batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]


def measure(name: str, rows_of: Callable[[int, int], Rows], num_batches: int, run_length: int = 0) -> dict[str, object]:
    batch_of_row = np.empty(NUM_ROWS, np.int64)
    for batch in range(NUM_ROWS // BATCH_SIZE):
        batch_of_row[rows_of(1, batch)] = batch
    batches = [rows_of(0, batch) for batch in range(num_batches)]
    counts = [np.bincount(rows * NUM_CLASSES // NUM_ROWS, minlength=NUM_CLASSES) for rows in batches]
    independent = BATCH_SIZE / NUM_CLASSES * (1 - 1 / NUM_CLASSES)
    return {
        "order": name,
        "classes": fmean(int((count > 0).sum()) for count in counts),
        "spread": float(np.var(counts)) / independent,
        "met_again": fmean(share_together(batch_of_row[rows]) for rows in batches),
        "reads": fmean(1 + int((np.diff(np.sort(rows)) != 1).sum()) for rows in batches),
        "ms": time_at_scale(run_length) if run_length else 0.0,
    }


def share_together(batches: Rows) -> float:
    """Give the share of all pairs whose two members are in one batch."""
    _, sizes = np.unique(batches, return_counts=True)
    return float((sizes * (sizes - 1)).sum()) / (len(batches) * (len(batches) - 1))


def time_at_scale(run_length: int) -> float:
    order = Order(num_rows=130_000_000, seed=0, run_length=run_length)
    seconds = []
    for start in np.random.default_rng(0).integers(0, 10**12, 50):
        begun = time.perf_counter()
        order.rows_at(start + np.arange(BATCH_SIZE))
        seconds.append(time.perf_counter() - begun)
    return 1000 * median(seconds)


if __name__ == "__main__":
    main()
