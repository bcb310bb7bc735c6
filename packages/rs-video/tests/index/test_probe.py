"""What is known of a video, and which are left out."""

import pytest

from rs_core.data.skips import UnreadableSample
from rs_video.decode import open_video
from rs_video.index.probe import frames_to_decode, probe_video


def reason(path, check="ends"):
    with pytest.raises(UnreadableSample) as caught:
        probe_video(str(path), check)
    return caught.value.reason


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi"])
def test_frames_rate_and_size_are_those_of_the_video(tmp_path, write_video, name):
    codec = {"a.webm": "libvpx-vp9", "a.avi": "mpeg4"}.get(name, "libx264")
    facts = probe_video(str(write_video(tmp_path / name, 12, codec=codec)))
    assert facts.num_frames == 12
    assert facts.frame_rate == pytest.approx(25, rel=1e-6)
    assert facts.duration == pytest.approx(12 / 25, rel=1e-6)
    assert (facts.height, facts.width) == (48, 64)
    assert not facts.variable_frame_rate


def test_a_rate_is_variable_where_numbers_and_times_disagree(tmp_path, write_video):
    times = [0, 40, 80, 120, 400, 800, 1200]
    facts = probe_video(str(write_video(tmp_path / "a.mp4", times)))
    assert facts.variable_frame_rate
    assert facts.frame_rate == pytest.approx(6 / 1.2)
    assert facts.duration == pytest.approx(1.4)


def test_one_frame_is_a_video(tmp_path, write_video):
    facts = probe_video(str(write_video(tmp_path / "a.mp4", 1)))
    assert (facts.num_frames, facts.variable_frame_rate) == (1, False)
    assert facts.frame_rate == pytest.approx(25)
    assert facts.duration == pytest.approx(1 / 25)


def test_as_many_frames_as_a_reader_gives(real_videos):
    for name in ("abseiling_k400.mp4", "decord_unordered.mov", "torchcodec_h265_video.mp4"):
        path = real_videos / "video_misc" / name
        with open_video(path, lambda name=name: name, "pyav") as reader:
            assert probe_video(str(path)).num_frames == len(reader.frame_times), name


def test_a_turned_video_is_measured_upright(real_videos):
    upright, turned = (probe_video(str(real_videos / f"video_misc/decord_video_{angle}.mov")) for angle in (0, 90))
    assert (turned.height, turned.width) == (upright.width, upright.height) == (568, 320)


def test_ten_bits_are_read(real_videos):
    facts = probe_video(str(real_videos / "video_misc/torchcodec_h264_10bits.mp4"))
    assert (facts.num_frames, facts.height, facts.width) == (30, 200, 200)


def test_files_that_are_no_whole_videos_are_left_out_with_a_reason(tmp_path, write_video, write_sound):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video")
    write_sound(tmp_path / "sound.mp4")
    assert reason(tmp_path / "empty.mp4") == "empty (0 bytes)"
    assert reason(tmp_path / "text.mp4").startswith("damaged, or not to be decoded")
    assert reason(tmp_path / "sound.mp4") == "no video in it, only audio"
    assert reason(tmp_path / "nowhere.mp4") == "no such file"


@pytest.mark.parametrize(
    ("name", "faststart", "expected"),
    [("a.mp4", False, "damaged, or not"), ("a.mp4", True, "the file ends"), ("a.mkv", False, "cut off: 0.6 of 1.0 s")],
)
def test_a_file_that_was_cut_off_is_left_out(tmp_path, write_video, name, faststart, expected):
    whole = write_video(tmp_path / name, 25, faststart=faststart).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(0.65 * len(whole))])
    assert reason(tmp_path / name, "first").startswith(expected)


def test_damage_is_found_where_it_is_looked_for(real_videos):
    path = str(real_videos / "corrupt/corrupted.mp4")
    assert probe_video(path, "first").num_frames == 50
    assert "damaged" in reason(path, "ends")
    assert "damaged" in reason(path, "all")


def test_all_frames_are_decoded_a_few_at_a_time():
    chunks = list(frames_to_decode(70, "all"))
    assert [len(chunk) for chunk in chunks] == [32, 32, 6]
    assert [number for chunk in chunks for number in chunk.tolist()] == list(range(70))
