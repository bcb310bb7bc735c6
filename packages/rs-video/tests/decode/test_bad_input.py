"""What is not a video, or no longer one, is said in one line, and FFmpeg keeps quiet."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from rs_core.data.skips import UnreadableSample
from rs_video.decode import open_video


def read_all(source, decoder):
    with open_video(source, lambda: "clip 7", decoder) as reader:
        return reader.read(np.arange(len(reader.frame_times)))


def num_open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def sound_only():
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def picture():
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="session")
def bad(make_video, tmp_path_factory):
    whole = make_video("groups of 12")
    index_first = index_to_front(whole, tmp_path_factory.mktemp("front") / "front.mp4")
    return {
        "empty": b"",
        "noise": np.random.default_rng(0).bytes(5000),
        "text": b"not a video\n" * 500,
        "no index": whole[: whole.rindex(b"moov") - 100],
        "cut short": index_first[: len(index_first) * 2 // 3],
        "sound only": sound_only(),
        "a picture": picture(),
        "a list of files": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://localhost:1/x.ts\n#EXT-X-ENDLIST\n",
    }


def index_to_front(data, path):
    with av.open(io.BytesIO(data)) as old, av.open(str(path), "w", options={"movflags": "faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return path.read_bytes()


CASES = ["empty", "noise", "text", "no index", "cut short", "sound only", "a picture", "a list of files"]


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_in_one_line_and_nothing_else_is_said(bad, decoder, case, capfd):
    with pytest.raises(UnreadableSample) as caught:
        read_all(bad[case], decoder)
    assert caught.value.name == "clip 7"
    assert "\n" not in str(caught.value)
    assert len(caught.value.reason) < 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("sound only", "no video in it, only audio"),
        ("a picture", "not a video but what FFmpeg calls"),
        ("cut short", "the file ends, or has a hole, within packet"),
    ],
)
def test_the_reason_is_in_words_for_people(bad, case, reason):
    with pytest.raises(UnreadableSample, match=reason):
        read_all(bad[case], "auto")


def test_a_missing_file_is_said_to_be_missing(tmp_path, decoder, capfd):
    with pytest.raises(UnreadableSample, match="clip 7: no such file; replace the file or remove it"):
        read_all(tmp_path / "missing.mp4", decoder)
    with pytest.raises(UnreadableSample):
        read_all(tmp_path, decoder)
    assert capfd.readouterr() == ("", "")


def test_h264_with_b_frames_in_avi_is_refused_because_its_times_are_guesses(decoder):
    file = io.BytesIO()
    with av.open(file, "w", format="avi") as container:
        stream = container.add_stream("libx264", rate=30, options={"x264-params": "bframes=3:log-level=none"})
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(UnreadableSample, match="does not say when frames are shown; write it anew"):
        read_all(file.getvalue(), decoder)


def test_damage_that_ffmpeg_notices_is_an_error_and_not_a_patched_picture(make_video, all_frames):
    whole = make_video("one group")
    truth, rng, num_noticed = all_frames(whole), np.random.default_rng(0), 0
    for _ in range(20):
        data = bytearray(whole)
        start = int(rng.integers(1500, data.rindex(b"moov") - 40))
        data[start : start + 20] = rng.bytes(20)
        try:
            patched = read_all(bytes(data), "pyav")
        except UnreadableSample:
            num_noticed += 1
        else:
            # What goes by unnoticed is a picture that is wrong in itself, such as a stripe of another colour.
            assert patched.shape == truth.shape
    assert num_noticed >= 5  # of 20


def test_a_real_rotten_file_is_refused(shared_videos, decoder, capfd):
    with pytest.raises(UnreadableSample):
        read_all(shared_videos / "corrupt" / "corrupted.mp4", decoder)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_cannot_be_opened_leaves_no_file_open(tmp_path, decoder):
    path = tmp_path / "noise.mp4"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    before = num_open_files()
    for _ in range(5):
        with pytest.raises(UnreadableSample):
            open_video(path, lambda: "clip 7", decoder)
    assert num_open_files() == before
