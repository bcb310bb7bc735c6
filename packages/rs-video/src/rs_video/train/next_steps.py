"""What to do with a finished run on video."""

from pathlib import Path

from rs_core.train.next_steps import command
from rs_video.config import MOVING_DIGITS, VideoDataConfig


def next_steps(directory: Path, data: VideoDataConfig) -> list[str]:
    """Give the lines that end a run: where its results are and what to try."""
    program = command("rs-video")
    root = "" if data.root == MOVING_DIGITS else data.root
    named = {"root": root, "val_csv": data.val_csv, "val_index": data.val_index}
    arguments = "".join(f" --data.{name} {value}" for name, value in named.items() if value)
    return [
        f"read {directory}/report.md, look at {directory}/curves.png, or try:",
        f"  {program} predict --model {directory} VIDEO",
        f"  {program} eval --model {directory}{arguments}",
        f"  {program} train --recipe r3d_rs_50 --data.root FOLDER",
    ]
