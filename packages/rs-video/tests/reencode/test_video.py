"""One video, written anew."""

import av
import numpy as np
import pytest

from rs_core.data.skips import UnreadableSample
from rs_video.reencode import ReencodeConfig
from rs_video.reencode.pictures import smaller_size
from rs_video.reencode.video import reencode_video

# Nothing is made smaller, and next to nothing is lost.
FAITHFUL = ReencodeConfig(short_side=10_000, crf=1, preset="ultrafast")


def key_frames(path):
    with av.open(str(path)) as container:
        pts = sorted((packet.pts, packet.is_keyframe) for packet in container.demux(video=0) if packet.size)
    return [number for number, (_, is_key) in enumerate(pts) if is_key]


def mean_difference(before, after):
    assert after.shape == before.shape
    pairs = zip(before, after, strict=True)
    return np.mean([np.abs(one.astype(int) - other.astype(int)).mean() for one, other in pairs])


@pytest.mark.parametrize("times", [range(0, 2000, 40), [0, 33, 67, 100, 700, 720, 2000]], ids=["steady", "variable"])
def test_every_frame_keeps_its_time_and_its_picture(write_video, read_video, tmp_path, times):
    source = write_video("a.mkv", list(times))
    reencode_video(source, tmp_path / "out/a.mp4", FAITHFUL)
    times_before, before = read_video(source)
    times_after, after = read_video(tmp_path / "out/a.mp4")
    np.testing.assert_array_equal(times_after, times_before)
    assert mean_difference(before, after) < 1


def test_key_frames_come_as_often_as_asked_for(write_video, tmp_path):
    source = write_video("a.mp4", range(0, 4000, 40))
    assert key_frames(source) == [0]
    reencode_video(source, tmp_path / "b.mp4", ReencodeConfig(keyframe_interval=12))
    keys = key_frames(tmp_path / "b.mp4")
    # Some come earlier, where the picture changes much.
    assert max(np.diff([*keys, 100])) == 12


def test_pictures_get_smaller_never_larger(write_video, read_video, tmp_path):
    source = write_video("a.mp4", range(0, 400, 40), height=96, width=128)
    for short_side, shape in ((48, (48, 64)), (96, (96, 128)), (1000, (96, 128))):
        reencode_video(source, tmp_path / "b.mp4", ReencodeConfig(short_side=short_side))
        assert read_video(tmp_path / "b.mp4")[1].shape[1:3] == shape


@pytest.mark.parametrize(
    ("size", "short_side", "expected"),
    [
        ((1280, 720), 256, (456, 256)),
        ((720, 1280), 256, (256, 456)),
        ((340, 256), 256, (340, 256)),
        ((51, 51), 256, (50, 50)),
    ],
)
def test_sizes_are_even_and_keep_their_shape(size, short_side, expected):
    assert smaller_size(*size, short_side) == expected


def test_sound_is_left_out(write_video, tmp_path):
    source = write_video("a.mp4", range(0, 400, 40), sound=True)
    reencode_video(source, tmp_path / "b.mp4", ReencodeConfig())
    with av.open(str(source)) as before, av.open(str(tmp_path / "b.mp4")) as after:
        assert [stream.type for stream in before.streams] == ["video", "audio"]
        assert [stream.type for stream in after.streams] == ["video"]


@pytest.mark.parametrize(
    ("name", "difference"),
    [("decord_video_90.mov", 1.0), ("torchcodec_nasa_13013.mp4", 1.0), ("torchcodec_h264_10bits.mp4", 3.0)],
    ids=["turned", "colours of HDTV", "10 bits of noise"],
)
def test_real_videos_look_as_before(real_videos, read_video, tmp_path, name, difference):
    source = real_videos / "video_misc" / name
    reencode_video(source, tmp_path / "b.mp4", FAITHFUL)
    times_before, before = read_video(source)
    times_after, after = read_video(tmp_path / "b.mp4")
    np.testing.assert_array_equal(times_after, times_before)
    assert mean_difference(before, after) < difference
    with av.open(str(tmp_path / "b.mp4")) as container:
        frame = next(container.decode(video=0))
    assert (frame.rotation, frame.format.name) == (0, "yuv420p")


def test_full_range_stays_full_range(real_videos, read_video, tmp_path):
    source = real_videos / "video_asl_gestures/eat.mkv"
    reencode_video(source, tmp_path / "b.mp4", FAITHFUL)
    before, after = read_video(source)[1], read_video(tmp_path / "b.mp4")[1]
    assert mean_difference(before, after) < 1


def test_a_bad_video_leaves_nothing(write_video, real_videos, tmp_path):
    whole = write_video("a.mkv", range(0, 4000, 40)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.mp4").touch()
    for source in (tmp_path / "cut.mkv", tmp_path / "empty.mp4", real_videos / "corrupt/corrupted.mp4"):
        with pytest.raises(UnreadableSample):
            reencode_video(source, tmp_path / "out/a.mp4", ReencodeConfig())
    assert not list((tmp_path / "out").iterdir())


def test_storage_that_cannot_be_written_is_no_fault_of_the_video(write_video, tmp_path, refusal):
    source = write_video("a.mp4", range(0, 400, 40))
    target = tmp_path / "full/a.mp4"
    target.parent.mkdir()
    # Where the video is written before it gets its name, the device that is always full.
    (tmp_path / "full/.a.mp4.partial").symlink_to("/dev/full")
    message = refusal(reencode_video, source, target, ReencodeConfig())
    assert message == f"cannot write {target}: No space left on device; make room or choose another folder"
