"""What to do with a finished joint run."""

from pathlib import Path

from rs_core.train.next_steps import command, data_arguments
from rs_semisup.joint.config import JointTrainConfig


def next_steps(directory: Path, config: JointTrainConfig) -> list[str]:
    """Give the lines that end a run: where its results are and what to try."""
    program = command(config.program)
    return [
        f"read {directory}/report.md, look at {directory}/curves.png, or try:",
        f"  {command('rs-core')} eval --model {directory}{data_arguments(config.data)}",
        f"  {program} label --teacher {directory} --index UNLABELLED_INDEX --out PREDICTIONS",
    ]
