"""Finding predicted rows that are images of other sets: by their bytes, and nearly by their pixels."""

import pyarrow as pa

from rs_semisup.select.bands import band_masks
from rs_semisup.select.engine import Engine
from rs_semisup.select.image_hashes import Hashes, KnownImages

# Why a row is removed, by the number in the table ``removed``; the first that fits counts.
REASONS = ("exact, labelled", "exact, held out", "near, labelled", "near, held out")
NUM_SETS = 2


def find_duplicates(engine: Engine, known: KnownImages, *, threshold: float, max_distance: int) -> None:
    """Make the table ``removed`` of rows, each once, and the numbers of their reasons.

    Args:
        engine: knows the predictions.
        known: the images that are not to be chosen.
        threshold: rows with less confidence are not looked at: they are not chosen anyway.
        max_distance: bits in which perceptual hashes may differ; -1 to compare the bytes alone.
    """
    engine.execute("CREATE TEMP TABLE removed (row BIGINT, reason TINYINT)")
    if len(known.content.values):
        _register(engine, known.content)
        engine.execute(
            """
            INSERT INTO removed SELECT row, known.number FROM predictions JOIN known ON content_hash = known.hash
            WHERE confidence >= ?::FLOAT
            """,
            [threshold],
        )
    if max_distance >= 0 and len(known.perceptual.values):
        _register(engine, known.perceptual)
        _find_near(engine, len(known.perceptual.values), threshold, max_distance)


def _register(engine: Engine, hashes: Hashes) -> None:
    engine.register("known", pa.table({"hash": hashes.values, "number": hashes.sets}))


def _find_near(engine: Engine, num_known: int, threshold: float, max_distance: int) -> None:
    engine.execute("CREATE TEMP TABLE near (row BIGINT, number TINYINT)")
    for mask in band_masks(max_distance, num_known):
        # An equation for the hash join, and the distance for the pairs that it finds.
        engine.execute(
            f"""
            INSERT INTO near SELECT row, min(known.number) FROM predictions
            JOIN known ON perceptual_hash & {mask}::UBIGINT = known.hash & {mask}::UBIGINT
                      AND bit_count(xor(perceptual_hash, known.hash)) <= ?
            WHERE confidence >= ?::FLOAT GROUP BY row
            """,
            [max_distance, threshold],
        )
    engine.execute(
        f"""
        INSERT INTO removed SELECT row, {NUM_SETS} + min(number) FROM near ANTI JOIN removed USING (row) GROUP BY row
        """
    )
    engine.execute("DROP TABLE near")
