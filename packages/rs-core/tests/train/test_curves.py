"""The picture of a run."""

import numpy as np
from PIL import Image

from rs_core.train.curves import draw_curves

ROWS = [
    {"step": step, "train/loss": 2 - step / 100, "train/learning_rate": 0.1, "val/top1": float(step)}
    for step in range(1, 90, 10)
]


def test_curves_are_drawn_to_a_picture_of_stated_size(tmp_path):
    draw_curves(ROWS, tmp_path / "full.png", "a run")
    draw_curves([], tmp_path / "empty.png", "a run")
    full, empty = (np.asarray(Image.open(tmp_path / name).convert("L")) for name in ("full.png", "empty.png"))
    assert full.shape == empty.shape == (450, 1500)
    for panel in np.split(full, 3, axis=1), np.split(empty, 3, axis=1):
        assert all((part < 128).any() for part in panel)
    assert (full != empty).mean() > 0.005


def test_what_a_teacher_adds_to_the_loss_is_left_out(tmp_path):
    draw_curves(ROWS, tmp_path / "alone.png", "a run")
    taught = [{**row, "train/loss_labels": row["train/loss"], "train/loss": row["train/loss"] + 900} for row in ROWS]
    draw_curves(taught, tmp_path / "taught.png", "a run")
    assert (tmp_path / "taught.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
