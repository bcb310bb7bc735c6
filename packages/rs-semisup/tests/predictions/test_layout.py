"""The manifest says what the files are, and comes back from disk as it was."""

import json

import pytest

from rs_core.errors import UserError
from rs_semisup.predictions.layout import FILE, file_name, manifest_from_json


def test_a_manifest_comes_back_from_json(manifest):
    assert manifest_from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


def test_ranges_cover_every_row_once(manifest):
    rows = [row for number in range(manifest.num_ranges) for row in manifest.rows_of(number)]
    assert rows == list(range(20))


def test_files_sort_as_their_rows_do():
    names = [file_name(range(start, start + 10**6)) for start in (0, 9 * 10**6, 130 * 10**6)]
    assert names == sorted(names)
    assert all(FILE.fullmatch(name) for name in names)


def test_something_else_is_refused(manifest):
    with pytest.raises(UserError, match="there is no setting topk"):
        manifest_from_json(manifest.to_json() | {"topk": 3})
