"""Small videos with classes, as folders and as an index, and commands run on them in the test's own process."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from rs_core.cli.program import Program
from rs_core.data.index import SampleIndex
from rs_video.cli import PROGRAM
from rs_video.index import build_video_index, open_video_index

CLASSES = ("brighter", "darker")
NUM_FRAMES, HEIGHT, WIDTH = 20, 48, 64

# A few steps of a network so small that they take a second; every method of the recipe is in it.
TINY = (
    *("--recipe", "r3d_rs_50_laptop", "--model.width_multiplier", "0.125"),
    *("--clip.num_frames", "4", "--resolution", "32", "--views.short_side", "32", "--views.resolution", "32"),
    *("--epochs", "2", "--batch_size", "4", "--schedule.warmup_epochs", "0.5", "--run.log_every", "1"),
    *("--run.evaluate_every", "1", "--run.device", "cpu", "--run.precision", "float32", "--run.compile", "off"),
)


@pytest.fixture(scope="session")
def real_videos(shared) -> Path:
    """The folder of real data, with the videos in it."""
    if not (shared / "data/video_misc").is_dir():
        pytest.skip(f"no real videos in {shared}")
    return shared / "data"


@pytest.fixture(scope="session")
def write_video() -> Callable[[Path, NDArray[np.uint8]], None]:
    """Gives what writes frames [T, H, W, 3] to an mp4 at 10 frames a second."""

    def write(path: Path, frames: NDArray[np.uint8]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            options = {"qp": "10", "x264-params": "log-level=none"}
            stream = container.add_stream("libx264", rate=10, options=options)
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv420p"
            stream.thread_count = 1
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode(None))

    return write


@pytest.fixture(scope="session")
def video_root(tmp_path_factory, write_video) -> Path:
    """A folder with train and val of two classes, grey frames that become brighter or darker: 6 and 3 of each."""
    root = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    for split, num_videos in (("train", 6), ("val", 3)):
        for name in CLASSES:
            for number in range(num_videos):
                shades = np.linspace(40, 200, NUM_FRAMES)[:: 1 if name == "brighter" else -1]
                noise = rng.integers(0, 20, (NUM_FRAMES, HEIGHT, WIDTH, 3))
                frames = (shades[:, None, None, None] + noise).astype(np.uint8)
                write_video(root / split / name / f"{number}.mp4", frames)
    return root


@pytest.fixture(scope="session")
def train_index(video_root, tmp_path_factory) -> SampleIndex:
    """The training videos of ``video_root``."""
    out = tmp_path_factory.mktemp("index") / "train"
    build_video_index(video_root / "train", out)
    return open_video_index(out)


@pytest.fixture
def program() -> Program:
    """``rs-video``."""
    return PROGRAM


@pytest.fixture(scope="session")
def tiny() -> tuple[str, ...]:
    """The arguments of a training run that takes a second."""
    return TINY


@pytest.fixture(scope="session")
def finished_run(video_root, tmp_path_factory) -> Path:
    """A finished run on ``video_root``."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RS_CORE_CACHE", str(folder / "cache"))
        arguments = ["train", *TINY, "--data.root", str(video_root), "--run.directory", str(folder / "run")]
        assert PROGRAM.main(arguments) == 0
    return folder / "run"
