"""What a run recorded, as text for a model card."""

import json

import pytest

from rs_core.errors import UserError
from rs_core.weights.run_record import read_run_record

CONFIG = """
recipe: resnet_rs_50_i160
resolution: 160
epochs: 350.0
batch_size: 4096
optimizer: {weight_decay: 4.0e-05}
data: {root: /home/alice/secret/imagenet}
"""

RESULT = {
    "val/top1": 78.8123,
    "val/top5": 94.4,
    "val/loss": 1e-05,
    "val/num_images": 50000.0,
    "seconds": 90061.4,
    "images_seen": 448409600,
    "steps": 109475,
    "num_parameters": 35691912,
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "result.json").write_text(json.dumps(RESULT))
    (tmp_path / "report.md").write_text("# title\n\nMachine: H100, 16 threads, PyTorch 2.15.0, Python 3.11.7.\n")
    return tmp_path


def test_figures_have_units_and_settings_their_thousands_set_apart(run):
    record = read_run_record(run)
    assert record.figures == {"top-1": "78.81 %", "top-5": "94.40 %", "loss": "1e-05", "images": "50,000"}
    assert record.training == {
        "recipe": "resnet_rs_50_i160",
        "data": "imagenet",
        "resolution": "160",
        "epochs": "350.0",
        "batch size": "4,096",
        "steps": "109,475",
        "images seen": "448,409,600",
        "time": "1 day, 1:01:01",
        "machine": "H100, 16 threads, PyTorch 2.15.0, Python 3.11.7",
    }


def test_an_index_is_what_a_run_was_trained_on(run):
    config = "data:\n  root: digits\n  train_index: /data/photos.index\n"
    (run / "config.yaml").write_text(config)
    assert read_run_record(run).training["data"] == "photos.index"


def test_what_was_not_recorded_is_left_out(run):
    (run / "report.md").unlink()
    (run / "config.yaml").write_text("recipe: 3\nbatch_size: [4096]\ndata: digits\n")
    (run / "result.json").write_text('{"val/top1": null, "val/clip_top1": 71.5, "steps": "many"}')
    record = read_run_record(run)
    assert (record.figures, record.training) == ({"clip_top1": "71.5"}, {})


@pytest.mark.parametrize("name", ["config.yaml", "result.json"])
def test_a_run_that_is_not_finished_is_refused(run, name):
    (run / name).unlink()
    with pytest.raises(UserError, match=rf"not a finished run, {name} is missing; give a run directory$"):
        read_run_record(run)


@pytest.mark.parametrize("name", ["config.yaml", "result.json"])
@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe"])
def test_a_damaged_record_is_named(run, name, content):
    (run / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name}: damaged; give a run directory"):
        read_run_record(run)
