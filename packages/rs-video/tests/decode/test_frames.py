"""Frame n is the same with every decoder, or refused."""

import numpy as np
import pytest

from rs_core.data.skips import UnreadableSample
from rs_video.decode import open_video

# What a decoder would read wrongly, or cannot read at all, it has to refuse.
REFUSED = {
    "pyav": set(),
    "torchcodec": {
        "refreshed in strips",
        "transport stream",
        "MPEG-4 in AVI, B-frames",
        "MPEG-2",
    },
    "decord": {
        "open groups",
        "open groups, mkv",
        "refreshed in strips",
        "transport stream",
        "edit list",
        "HEVC, open groups",
        "AV1",
        "MPEG-4 in AVI, B-frames",
        "MPEG-2",
        "10 bits",
        "odd height",
    },
    "pytorchvideo": {"transport stream", "10 bits", "odd height"},
}


def test_frames_are_those_of_decoding_from_end_to_end(make_video, all_frames, kind, decoder):
    data = make_video(kind)
    truth = all_frames(data)
    rng = np.random.default_rng(0)
    choices = [rng.integers(0, len(truth), 4) for _ in range(8)]
    choices += [np.arange(start, len(truth))[::2][:12] for start in rng.integers(0, len(truth), 4)]
    try:
        with open_video(data, lambda: kind, decoder) as reader:
            assert len(reader.frame_times) == len(truth)
            for frames in choices:
                np.testing.assert_array_equal(reader.read(frames), truth[frames])
    except UnreadableSample:
        assert kind in REFUSED[decoder]
    else:
        assert kind not in REFUSED[decoder]


def test_frame_n_shows_number_n(make_video, number_shown, kind):
    if kind.startswith("turned") or kind == "edit list":
        pytest.skip("shows other numbers, or elsewhere")
    with open_video(make_video(kind), lambda: kind) as reader:
        pictures = reader.read(np.arange(len(reader.frame_times)))
    assert [number_shown(picture) for picture in pictures] == list(range(len(pictures)))


def test_what_an_edit_list_cuts_away_is_not_counted(make_video, number_shown):
    with open_video(make_video("edit list"), lambda: "cut") as reader:
        assert [number_shown(picture) for picture in reader.read(np.arange(33))] == list(range(7, 40))
        assert len(reader.frame_times) == 33


def test_times_are_those_the_file_states(make_video, decoder):
    with open_video(make_video("variable rate"), lambda: "varies", decoder) as reader:
        expected = [(n * n // 4 + n) / 30 for n in range(40)]
        np.testing.assert_allclose(reader.frame_times, expected, atol=1e-4)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_pictures_are_turned_upright(make_video, number_shown, angle):
    with open_video(make_video(f"turned by {angle}"), lambda: "turned") as reader:
        turned = reader.read(np.array([5]))[0]
    assert turned.shape == ((64, 128, 3) if angle == 180 else (128, 64, 3))
    assert number_shown(np.rot90(turned, -angle // 90)) == 5


def test_reading_on_gives_what_reading_anew_gives(make_video, all_frames, decoder):
    data = make_video("groups of 12")
    truth = all_frames(data)
    with open_video(data, lambda: "on", decoder) as reader:
        for start in range(0, 36, 3):
            frames = np.arange(start, start + 4)
            np.testing.assert_array_equal(reader.read(frames), truth[frames])


def test_a_path_reads_as_its_bytes_do(make_video, decoder, tmp_path):
    path = tmp_path / "10:30 100%d.mp4"
    path.write_bytes(make_video("groups of 12"))
    with (
        open_video(path, lambda: "path", decoder) as of_path,
        open_video(path.read_bytes(), lambda: "bytes", decoder) as of_bytes,
    ):
        frames = np.array([3, 30])
        np.testing.assert_array_equal(of_path.read(frames), of_bytes.read(frames))
