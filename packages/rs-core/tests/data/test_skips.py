"""What is kept of unreadable samples, over resumes and for many processes, and when a run stops."""

import json
import pickle

import pytest

from rs_core.data.skips import MIN_SKIPPED_ROWS, Skip, SkipLedger, UnreadableSample, read_skips
from rs_core.errors import UserError


def skip(position, row=None):
    row = position if row is None else row
    return Skip(file=f"café/{row}.jpg", row=row, position=position, reason="truncated")


def ledger_with(directory, skips, **options):
    with SkipLedger(directory, **({"first_position": 0} | options)) as ledger:
        ledger.note(skips)
    return ledger


def positions(path):
    return [skip.position for skip in read_skips(path)]


def test_each_sample_left_out_is_one_json_line(tmp_path):
    ledger_with(tmp_path, [skip(3, row=7), skip(5)])
    first, second = (tmp_path / "skipped.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {"file": "café/7.jpg", "row": 7, "position": 3, "reason": "truncated"}
    assert json.loads(second)["position"] == 5


def test_a_line_is_on_the_disk_before_the_run_goes_on(tmp_path):
    with SkipLedger(tmp_path, first_position=0) as ledger:
        ledger.note([skip(3)])
        assert positions(tmp_path / "skipped.jsonl") == [3]


def test_a_run_without_bad_samples_leaves_an_empty_file(tmp_path):
    ledger_with(tmp_path, [])
    assert (tmp_path / "skipped.jsonl").read_text() == ""


def test_a_resumed_run_forgets_what_it_will_meet_again(tmp_path):
    ledger_with(tmp_path, [skip(3), skip(64), skip(60)])
    resumed = ledger_with(tmp_path, [skip(64)], first_position=64)
    assert positions(tmp_path / "skipped.jsonl") == [3, 60, 64]
    assert resumed.count == 3


def test_a_line_cut_off_by_a_crash_does_not_hinder_a_resume(tmp_path):
    ledger_with(tmp_path, [skip(3)])
    with (tmp_path / "skipped.jsonl").open("a") as file:
        file.write('{"file": "ca')
    assert ledger_with(tmp_path, [], first_position=10).count == 1
    assert positions(tmp_path / "skipped.jsonl") == [3]


def test_every_process_writes_a_file_of_its_own(tmp_path):
    for rank in range(3):
        ledger_with(tmp_path, [skip(rank)], rank=rank, num_ranks=3)
    files = [tmp_path / name for name in ("skipped.jsonl", "skipped.rank1.jsonl", "skipped.rank2.jsonl")]
    assert [positions(path) for path in files] == [[0], [1], [2]]


@pytest.mark.parametrize("num_ranks", [1, 2, 3, 5])
def test_a_run_resumed_on_another_number_of_processes_forgets_and_counts_the_same(tmp_path, num_ranks):
    for rank in range(3):
        ledger_with(tmp_path, [skip(rank), skip(64 + rank)], rank=rank, num_ranks=3)
    resumed = [
        ledger_with(tmp_path, [], first_position=64, rank=rank, num_ranks=num_ranks) for rank in range(num_ranks)
    ]
    assert sum(ledger.count for ledger in resumed) == 3
    assert sorted(p for path in tmp_path.iterdir() for p in positions(path)) == [0, 1, 2]


def test_the_run_stops_past_the_share(tmp_path):
    with SkipLedger(tmp_path, first_position=0, max_share=0.01) as ledger:
        ledger.note(skip(position) for position in range(20))
        ledger.check(num_samples_seen=2000)
        with pytest.raises(UserError) as caught:
            ledger.check(num_samples_seen=1999)
    message = str(caught.value)
    assert message.startswith("20 of 1999 training samples could not be read, more than data.max_skipped_share=0.01")
    assert "the last was café/19.jpg (truncated)" in message
    assert str(tmp_path / "skipped.jsonl") in message
    assert "\n" not in message


def test_a_few_bad_files_of_a_small_data_set_never_stop_it(tmp_path):
    with SkipLedger(tmp_path, first_position=0, max_share=0) as ledger:
        # Met anew in every epoch.
        ledger.note(skip(position, row=position % MIN_SKIPPED_ROWS) for position in range(500))
        ledger.check(num_samples_seen=1000)
        ledger.note([skip(600, row=MIN_SKIPPED_ROWS)])
        with pytest.raises(UserError, match="501 of 1000"):
            ledger.check(num_samples_seen=1000)


def test_a_resumed_run_goes_on_counting(tmp_path):
    ledger_with(tmp_path, [skip(position) for position in range(15)])
    with SkipLedger(tmp_path, first_position=100, max_share=0.1) as ledger, pytest.raises(UserError, match="15 of 100"):
        ledger.check(num_samples_seen=100)


def test_each_of_many_processes_answers_for_its_part_of_the_samples(tmp_path):
    with SkipLedger(tmp_path, first_position=0, max_share=0.01, rank=1, num_ranks=4) as ledger:
        ledger.note(skip(position) for position in range(20))
        ledger.check(num_samples_seen=8000)
        with pytest.raises(UserError, match=r"20 of 1975 .*skipped\.rank1\.jsonl"):
            ledger.check(num_samples_seen=7900)


@pytest.mark.parametrize("max_share", [-0.1, 1.1])
def test_a_share_is_from_0_to_1(tmp_path, max_share):
    with pytest.raises(UserError, match="max_skipped_share"):
        SkipLedger(tmp_path, first_position=0, max_share=max_share)


def test_an_unreadable_sample_keeps_its_reason_on_the_way_from_a_worker():
    error = pickle.loads(pickle.dumps(UnreadableSample("a.jpg", "truncated", "replace it")))
    assert str(error) == "a.jpg: truncated; replace it"
    assert (error.name, error.reason) == ("a.jpg", "truncated")
