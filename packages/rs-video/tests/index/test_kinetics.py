"""Official lists of Kinetics, and the ways in which its videos lie on disks."""

import pytest

from rs_video.index.csv_rows import read_rows
from rs_video.index.kinetics import list_kinetics

HEADER = "label,youtube_id,time_start,time_end,split,is_cc\n"
LIST = HEADER + (
    'abseiling,-3B32lodo2M,59,69,val,0\n"air drumming",_dbcJuKJQNs,40,50,val,0\nabseiling,zzzzzzzzzzz,1,11,val,1\n'
)
FIRST, SECOND = "-3B32lodo2M_000059_000069", "_dbcJuKJQNs_000040_000050"


@pytest.fixture
def list_of(tmp_path):
    """Write a list and files, and list the videos."""

    def listing(text, files, *, split="", with_labels=True):
        (tmp_path / "val.csv").write_text(text)
        for name in files:
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (tmp_path / "root").mkdir(exist_ok=True)
        csv = tmp_path / "val.csv"
        return list_kinetics(csv, read_rows(csv), tmp_path / "root", split, with_labels=with_labels)

    return listing


@pytest.mark.parametrize(
    "files",
    [
        (f"{FIRST}.mp4", f"{SECOND}.mp4"),
        (f"abseiling/{FIRST}.mp4", f"air drumming/{SECOND}.mp4"),
        (f"val/abseiling/{FIRST}.mkv", f"val/air_drumming/{SECOND}.webm"),
    ],
)
def test_videos_are_found_in_any_folder_with_any_extension(list_of, files):
    listing = list_of(LIST, files)
    assert [(row.file, row.label) for row in listing.rows] == [(files[0], "abseiling"), (files[1], "air drumming")]
    assert [(each.file, each.kind) for each in listing.left_out] == [("zzzzzzzzzzz_000001_000011", "missing")]
    assert listing.left_out[0].place.endswith("val.csv, row 4")
    assert listing.num_listed == 3
    assert not listing.notes


def test_classes_do_not_depend_on_which_videos_are_there(list_of):
    listing = list_of(LIST, [f"{FIRST}.mp4"])
    assert listing.class_names == ("abseiling", "air drumming")


def test_a_list_without_the_last_column_is_read_too(list_of):
    text = "label,youtube_id,time_start,time_end,split\nabseiling,-3B32lodo2M,59.0,69.0,validate\n"
    assert len(list_of(text, [f"{FIRST}.mp4"]).rows) == 1


def test_a_name_of_other_times_or_none_is_found_by_the_id(list_of):
    listing = list_of(LIST, ["-3B32lodo2M.mp4", "_dbcJuKJQNs_000041_000051.mp4"])
    assert [row.file for row in listing.rows] == ["-3B32lodo2M.mp4", "_dbcJuKJQNs_000041_000051.mp4"]
    assert listing.notes == ["2 videos found by their id alone: their names give other times"]


def test_an_id_of_several_rows_is_found_by_its_times_only(list_of):
    text = HEADER + "cutting apple,c9ZWYpxefXQ,64,74,val,0\npeeling apples,c9ZWYpxefXQ,14,24,val,0\n"
    listing = list_of(text, ["c9ZWYpxefXQ_000064_000074.mp4"])
    assert [(row.file, row.label) for row in listing.rows] == [("c9ZWYpxefXQ_000064_000074.mp4", "cutting apple")]
    assert [each.kind for each in listing.left_out] == ["missing"]


def test_replacements_of_damaged_videos_come_first(list_of):
    replacement = "replacement/replacement_for_corrupted_k400/-3B32lodo2M.mp4"
    listing = list_of(LIST, [f"val/{FIRST}.mp4", replacement])
    assert [row.file for row in listing.rows] == [replacement]
    repeated = [each for each in listing.left_out if each.kind == "repeated"]
    assert [(each.file, each.reason) for each in repeated] == [(f"val/{FIRST}.mp4", f"{replacement} was taken")]


def test_links_to_one_video_count_once(list_of, tmp_path):
    (tmp_path / "root/videos/val/abseiling").mkdir(parents=True)
    (tmp_path / f"root/videos/val/abseiling/{FIRST}.mp4").symlink_to(tmp_path / f"root/val/{FIRST}.mp4")
    listing = list_of(LIST, [f"val/{FIRST}.mp4"])
    assert len(listing.rows) == 1
    assert {each.kind for each in listing.left_out} == {"missing"}


def test_a_row_that_is_there_twice_is_counted(list_of):
    listing = list_of(LIST + "abseiling,-3B32lodo2M,59,69,val,0\n", [f"{FIRST}.mp4"])
    assert len(listing.rows) == 1
    repeated = [each for each in listing.left_out if each.kind == "repeated"]
    assert [each.place.rpartition(", ")[2] for each in repeated] == ["row 5"]


def test_a_video_with_two_labels_is_refused(list_of, refusal):
    message = refusal(list_of, LIST + "juggling,-3B32lodo2M,59,69,val,0\n", [f"{FIRST}.mp4"])
    assert "val.csv, row 5: -3B32lodo2M_000059_000069.mp4 has the label 'juggling', and 'abseiling' in" in message
    assert message.endswith("val.csv, row 2; a video has one label: remove one of the rows")


def test_one_of_several_splits_is_taken(list_of, refusal):
    text = LIST + "abseiling,aaaaaaaaaaa,0,10,train,0\n"
    files = [f"{FIRST}.mp4", "aaaaaaaaaaa_000000_000010.mp4"]
    assert "holds the splits train, val; choose one with --split" in refusal(list_of, text, files)
    assert [row.file for row in list_of(text, files, split="train").rows] == files[1:]
    assert "has no split 'vall' (did you mean 'val'?)" in refusal(list_of, text, files, split="vall")


def test_missing_labels_are_refused_unless_none_are_wanted(list_of, refusal):
    some = HEADER + ",-3B32lodo2M,59,69,val,0\n"
    none = "youtube_id,time_start,time_end,split\n-3B32lodo2M,59,69,test\n"
    for text, message in ((some, "row 2: -3B32lodo2M_000059_000069 has no label"), (none, "has no column label")):
        assert message in refusal(list_of, text, [f"{FIRST}.mp4"])
        assert "--unlabelled" in refusal(list_of, text, [f"{FIRST}.mp4"])
        assert [row.label for row in list_of(text, [], with_labels=False).rows] == [None]


def test_a_root_without_any_of_the_videos_is_refused(list_of, refusal):
    message = refusal(list_of, LIST, ["other.mp4"])
    assert "none of its 3 videos is below" in message
    assert f"the first would be called {FIRST} (.mp4" in message
    assert message.endswith("give --root, where the videos are")


def test_bad_rows_are_named(list_of, refusal):
    assert "row 2: time_start is 'x'; give seconds" in refusal(list_of, HEADER + "a,-3B32lodo2M,x,69,val,0\n", [])
    assert "row 2: 3 fields instead of 6" in refusal(list_of, HEADER + "a,b,c\n", [])
    assert "no rows below the header" in refusal(list_of, HEADER, [])
