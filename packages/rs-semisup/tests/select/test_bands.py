"""Hashes that are near agree in all bits of some mask, so that a join finds them."""

from hypothesis import given
from hypothesis import strategies as st

from rs_semisup.select.bands import HASH_BITS, MAX_DISTANCE, band_masks

HASHES = st.integers(0, 2**HASH_BITS - 1)


@given(
    HASHES,
    st.integers(0, MAX_DISTANCE).flatmap(
        lambda distance: st.tuples(
            st.just(distance), st.sets(st.integers(0, HASH_BITS - 1), min_size=0, max_size=distance)
        )
    ),
    st.sampled_from([1, 100, 50_000]),
)
def test_hashes_at_most_so_far_apart_agree_in_a_mask(one, changes, num_hashes):
    distance, bits = changes
    other = one ^ sum(1 << bit for bit in bits)
    assert any(one & mask == other & mask for mask in band_masks(distance, num_hashes))


def test_without_a_distance_all_bits_are_compared():
    assert band_masks(0, 10**6) == [2**64 - 1]


def test_more_hashes_are_told_apart_by_more_bits():
    def fewest_bits(num_hashes):
        return min(mask.bit_count() for mask in band_masks(3, num_hashes))

    assert fewest_bits(100) < fewest_bits(1_281_167)
    assert 2 ** fewest_bits(1_281_167) > 1_281_167


def test_the_masks_of_a_large_labelled_set_stay_few():
    assert len(band_masks(3, 1_281_167)) == 10
    assert len(band_masks(6, 50_000)) <= 100
