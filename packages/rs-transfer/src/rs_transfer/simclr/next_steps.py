"""What to do with a finished run of SimCLR."""

from pathlib import Path

from rs_core.train.next_steps import command


def next_steps(directory: Path, program: str) -> list[str]:
    """Give the lines that end a run: where its results are and what to try."""
    words = command(program)
    return [
        f"read {directory}/report.md, look at {directory}/curves.png, or try:",
        f"  {words} classify knn --weights {directory}",
        f"  {words} classify --weights {directory}",
    ]
