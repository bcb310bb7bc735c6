"""Where a class is full, from counts alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rs_semisup.select.ranking import last_bins


@given(st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), min_size=1, max_size=5), st.integers(1, 30))
def test_what_is_above_the_bin_and_what_fits_of_it_fill_the_class(counts, most):
    bins, room = last_bins(np.array(counts), most)
    for of_bins, last, fits in zip(counts, bins.tolist(), room.tolist(), strict=True):
        taken = sum(of_bins[last + 1 :]) + fits
        assert taken == min(most, sum(of_bins))
        if last >= 0:
            assert 0 <= fits < of_bins[last]
        else:
            assert fits == 0
