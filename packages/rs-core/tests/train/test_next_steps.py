"""A finished run says what to do next, in words that work where the user is."""

from pathlib import Path

import pytest

from rs_core.train.config import DataConfig
from rs_core.train.next_steps import next_steps


@pytest.mark.parametrize("inside_hatch", [True, False])
def test_the_commands_work_where_the_user_is(monkeypatch, inside_hatch):
    monkeypatch.delenv("HATCH_ENV_ACTIVE", raising=False)
    if inside_hatch:
        monkeypatch.setenv("HATCH_ENV_ACTIVE", "default")
    commands = [line.strip() for line in next_steps(Path("runs/a"), DataConfig())[1:]]
    assert all(line.startswith("hatch run rs-core" if inside_hatch else "rs-core") for line in commands)
    assert commands[1].endswith("eval --model runs/a")


def test_evaluation_is_told_where_the_held_out_images_are():
    lines = next_steps(Path("r"), DataConfig(root="photos", train_csv="t.csv", val_csv="v.csv"))
    assert lines[2].endswith("eval --model r --data.root photos --data.val_csv v.csv")
