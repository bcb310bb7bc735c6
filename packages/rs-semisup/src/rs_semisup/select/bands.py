"""Finding hashes that differ in a few bits by comparing for equality: which bits to compare.

By the pigeonhole principle: cut 64 bits into d + k blocks; two hashes that differ in at most d bits agree in at least
k blocks, so in all bits of one of the C(d + k, k) choices of k blocks (Manku, Jain and Das Sarma, "Detecting
near-duplicates for web crawling", WWW 2007). More blocks in a choice mean more choices, each with fewer pairs that
agree by chance and have to be compared bit by bit.
"""

import math
from itertools import combinations, pairwise

HASH_BITS = 64

# Beyond, a choice of blocks has too few bits, or there are too many choices, to be better than comparing all with all.
MAX_DISTANCE = 12


def band_masks(max_distance: int, num_hashes: int) -> list[int]:
    """Give masks of 64 bits: hashes at most ``max_distance`` bits apart agree in all bits of one of them.

    ``num_hashes`` is how many there are to be found; with it follows how many blocks a choice should have.

    >>> [f"{mask:016x}" for mask in band_masks(1, 1)]
    ['00000000ffffffff', 'ffffffff00000000']
    >>> len(band_masks(3, 1_281_167))
    10
    """
    chosen = min(range(1, HASH_BITS - max_distance + 1), key=lambda k: _work(max_distance, k, num_hashes))
    return [sum(blocks) for blocks in combinations(_blocks(max_distance + chosen), chosen)]


def _work(max_distance: int, chosen: int, num_hashes: int) -> float:
    """Estimate the comparisons for one hash: one look-up a choice, and the hashes that agree by chance."""
    num_blocks = max_distance + chosen
    bits = HASH_BITS * chosen / num_blocks
    return math.comb(num_blocks, chosen) * (1 + num_hashes / 2**bits)


def _blocks(number: int) -> list[int]:
    """Cut 64 bits into blocks of as equal length as can be, each as a mask."""
    ends = [HASH_BITS * block // number for block in range(number + 1)]
    return [2**end - 2**start for start, end in pairwise(ends)]
