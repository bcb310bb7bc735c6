"""Settings of labelling that cannot be are refused in one line."""

import pytest

from rs_core.errors import UserError
from rs_semisup.label import LabelConfig


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"range_rows": 1000}, "range_rows=1000: give a multiple of batch_size=128, such as 1024"),
        ({"range_rows": 10}, "range_rows=10: give a multiple of batch_size=128, such as 128"),
        ({"range_rows": 0}, "range_rows=0: give a multiple"),
        ({"batch_size": 0}, "batch_size=0: give at least 1"),
        ({"top_k": -1}, "top_k=-1: give 0 or more"),
        ({"num_classes": -1}, "num_classes=-1: give 0 or more"),
        ({"num_workers": -2}, "num_workers=-2: give 0 or more, or -1"),
        ({"precision": "float8"}, "precision='float8'"),
    ],
)
def test_settings_out_of_range_are_refused(changes, message):
    with pytest.raises(UserError) as caught:
        LabelConfig(**changes)
    assert message in str(caught.value)
