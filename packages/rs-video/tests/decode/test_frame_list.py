"""Where decoding a frame has to start."""

import io

import av
import numpy as np
import pytest

from rs_video.decode.damaged import BadVideo
from rs_video.decode.frame_list import find_entries, list_frames
from rs_video.decode.key_frames import KeyFrames, bytes_of_unit_length


def list_of(data):
    with av.open(io.BytesIO(data)) as container:
        return list_frames(container, container.streams.video[0])


def test_a_frame_before_a_key_frame_on_the_screen_starts_at_the_one_before():
    # I0 P3 B1 B2 I6 B4 B5 P9 B7 B8, in the order of the file
    pts = np.array([0, 3, 1, 2, 6, 4, 5, 9, 7, 8])
    frames = np.argsort(pts)
    entries = find_entries(frames, pts, np.array([0, 4]))
    assert entries.tolist() == [0, 0, 0, 0, 0, 0, 4, 4, 4, 4]


def test_frames_are_listed_in_the_order_of_showing(make_video):
    frames = list_of(make_video("groups of 12"))
    assert (np.diff(frames.pts) > 0).all()
    assert not (np.diff(frames.packets) > 0).all()
    np.testing.assert_array_equal(frames.packet_pts[frames.packets], frames.pts)
    assert (frames.entries <= frames.packets).all()


def test_closed_groups_have_clean_keys_and_others_have_not(make_video):
    assert list_of(make_video("groups of 12")).has_clean_keys
    assert list_of(make_video("transport stream")).has_clean_keys
    assert list_of(make_video("VP9")).has_clean_keys
    for kind in ("open groups", "open groups, mkv", "refreshed in strips", "HEVC, open groups", "MPEG-2"):
        assert not list_of(make_video(kind)).has_clean_keys


def test_what_is_cut_away_is_not_listed(make_video):
    frames = list_of(make_video("edit list"))
    assert len(frames) == 33
    assert len(frames.packet_pts) == 40


def test_times_are_exact_multiples_of_the_time_base(make_video):
    np.testing.assert_array_equal(list_of(make_video("groups of 12")).times, np.arange(40) / 30)


@pytest.mark.parametrize(
    ("codec", "extradata", "num_bytes"),
    [
        ("h264", b"\1\x64\0\x1f\xff\xe1", 4),
        ("h264", b"\1\x64\0\x1f\xfd\xe1", 2),
        ("h264", b"\0\0\0\1\x67", 0),
        ("hevc", b"\1" + bytes(20) + b"\xff", 4),
        ("hevc", b"\1", 0),
        ("vp9", b"\1\1\1\1\xff", 0),
    ],
)
def test_how_long_the_length_of_a_unit_is(codec, extradata, num_bytes):
    assert bytes_of_unit_length(codec, extradata) == num_bytes


class Stream:
    def __init__(self, codec, extradata=None):
        self.codec_context = self
        self.name, self.extradata = codec, extradata


@pytest.mark.parametrize(
    ("codec", "packet", "is_clean"),
    [
        ("h264", b"\0\0\0\1\x09\x10\0\0\1\x65\xaa", True),  # a delimiter, then an IDR slice
        ("h264", b"\0\0\1\x06\x05\0\0\1\x41\xaa", False),  # a message, then another slice
        ("h264", b"\0\0\1\x06\x05", False),
        ("hevc", b"\0\0\1\x46\1\0\0\1\x26\1\xaa", True),  # a delimiter, then IDR_W_RADL
        ("hevc", b"\0\0\1\x2a\1\xaa", False),  # CRA
        ("vp9", b"anything", True),
        ("h264", b"", False),
    ],
)
def test_a_clean_key_frame_is_told_by_its_first_slice(codec, packet, is_clean):
    assert KeyFrames(Stream(codec)).is_clean(packet) is is_clean


def test_units_with_lengths_are_followed():
    keys = KeyFrames(Stream("h264", b"\1\x64\0\x1f\xff\xe1"))
    assert keys.is_clean(b"\0\0\0\2\x06\x05" + b"\0\0\0\2\x65\xaa")
    assert not keys.is_clean(b"\0\0\0\2\x06\x05" + b"\0\0\0\2\x41\xaa")
    assert not keys.is_clean(b"\xff\xff\xff\xff\x06\x05")


def test_a_video_without_key_frames_is_refused():
    class Packet:
        size, is_corrupt, is_discard, is_keyframe, pts, dts = 5, False, False, False, 0, 0

    class Container:
        def demux(self, stream):
            yield Packet()

    with pytest.raises(BadVideo, match="no key frame in it"):
        list_frames(Container(), Stream("vp9"))
