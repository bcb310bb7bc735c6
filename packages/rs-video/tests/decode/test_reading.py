"""What holds for every reader: order, repeats, and where it may be used."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.errors import UserError
from rs_video.decode import open_video
from rs_video.decode.reading import Reader


class Counted:
    """Frames whose pixels are their numbers."""

    errors = ()

    def __init__(self):
        self.times = np.arange(20) / 30
        self.calls = []
        self.num_closed = 0

    def decode(self, numbers):
        self.calls.append(numbers.tolist())
        return np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (len(numbers), 2, 2, 3))

    def close(self):
        self.num_closed += 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 19), min_size=1, max_size=30))
def test_frames_come_in_the_order_asked_for_and_are_decoded_once(frames):
    counted = Counted()
    pictures = Reader(counted, lambda: "video").read(np.array(frames))
    assert pictures[:, 0, 0, 0].tolist() == frames
    assert counted.calls == [sorted(set(frames))]


@pytest.mark.parametrize("frames", [[-1], [20], []])
def test_frames_that_are_not_there_are_a_mistake_of_the_program(frames):
    with pytest.raises(IndexError):
        Reader(Counted(), lambda: "video").read(np.array(frames, np.int64))


def test_closing_twice_is_closing_once():
    counted = Counted()
    with Reader(counted, lambda: "video") as reader:
        reader.close()
    assert counted.num_closed == 1


def test_a_closed_reader_says_so():
    reader = Reader(Counted(), lambda: "clip 7")
    reader.close()
    with pytest.raises(UserError, match="clip 7: the video is closed"):
        reader.read(np.array([0]))


def test_a_reader_of_another_process_says_so_instead_of_hanging(make_video, decoder, tmp_path):
    with open_video(make_video("groups of 12"), lambda: "clip 7", decoder) as reader:
        reader.read(np.array([0]))
        child = os.fork()
        if child == 0:
            try:
                reader.read(np.array([0]))
            except UserError as error:
                (tmp_path / "said").write_text(str(error))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    assert "clip 7: a video was opened in process" in (tmp_path / "said").read_text()


def test_every_reader_closes(make_video, decoder):
    reader = open_video(make_video("groups of 12"), lambda: "video", decoder)
    reader.close()
    reader.close()
    with pytest.raises(UserError):
        reader.read(np.array([0]))
