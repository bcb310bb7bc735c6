"""Opening an index of videos, and getting at its videos."""

import pickle
import shutil

import numpy as np
import pytest

from rs_core.data.index import Blobs, ByteColumn, SampleIndex, open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_list import index_lists
from rs_core.data.skips import UnreadableSample
from rs_video.index import build_video_index, open_video_index, video_source


@pytest.fixture
def out(class_folder, tmp_path):
    build_video_index(class_folder, tmp_path / "ix")
    return tmp_path / "ix"


def test_a_row_is_the_path_of_its_file(out, class_folder):
    assert video_source(open_video_index(out), 2) == class_folder / "run/d.mkv"


def test_videos_that_were_moved_are_found_below_another_root(out, class_folder, tmp_path):
    shutil.move(class_folder, tmp_path / "moved")
    index = open_video_index(out, root=str(tmp_path / "moved"))
    assert video_source(index, 0) == tmp_path / "moved/jump/a.mp4"
    assert pickle.loads(pickle.dumps(index)).name(0) == str(tmp_path / "moved/jump/a.mp4")


def test_a_file_that_is_gone_can_be_left_out_one_that_changed_ends_the_run(out, class_folder, refusal):
    index = open_video_index(out)
    (class_folder / "jump/a.mp4").unlink()
    (class_folder / "jump/b.mp4").write_bytes(b"other")
    with pytest.raises(UnreadableSample, match=r"jump/a.mp4: cannot be read \(no such file\)"):
        video_source(index, 0)
    assert "jump/b.mp4: changed since it was indexed" in refusal(video_source, index, 1)


def test_a_part_of_a_file_or_a_sample_in_memory_is_its_bytes(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"0123456789")
    (tmp_path / "l.csv").write_text("shard,offset,length,label\na.tar,2,3,0\n")
    index_lists([str(tmp_path / "l.csv")], tmp_path / "parts", BuildConfig())
    assert video_source(open_index(tmp_path / "parts"), 0) == b"234"
    held = Blobs(ByteColumn.pack([b"clip"]), ByteColumn.pack([b"clip 0"]))
    assert video_source(SampleIndex(held, np.zeros(1, np.int64), ("a",)), 0) == b"clip"


def test_an_index_of_other_things_is_refused(tmp_path, refusal):
    (tmp_path / "a.jpg").touch()
    (tmp_path / "l.csv").write_text("file,label\na.jpg,0\n")
    index_lists([str(tmp_path / "l.csv")], tmp_path / "ix", BuildConfig())
    assert "an index without num_frames; make one with: rs-video index" in refusal(open_video_index, tmp_path / "ix")
    assert "no index there; make one with: rs-video index" in refusal(open_video_index, tmp_path / "nowhere")
