"""Features of a network as it is: those before its classifier, of every image that can be read."""

from dataclasses import replace

import pytest
import torch

from rs_core.data.folder import index_folder
from rs_core.data.loader import eval_batches
from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.errors import UserError
from rs_core.models import build_model
from rs_core.train.precision import Machine
from rs_transfer.classify import features
from rs_transfer.classify.features import extract_features

MACHINE = Machine(torch.device("cpu"), torch.float32)
INPUT = Preprocessing(resolution=16)


@pytest.fixture
def model(tiny):
    torch.manual_seed(0)
    return build_model(replace(tiny.model, num_classes=5)).eval()


def test_features_are_what_the_classifier_is_given(model, photos, monkeypatch):
    monkeypatch.setattr(features, "EVAL_BATCH_SIZE", 5)
    index = index_folder(photos, "train")
    found = extract_features(model, index, INPUT, MACHINE, num_workers=0)
    (batch,) = eval_batches(index, rows=range(12), preprocessing=INPUT, batch_size=12, num_workers=0)
    with torch.no_grad():
        logits = model(normalize(batch.images, INPUT.mean, INPUT.std))
    assert torch.allclose(model.classifier(found.values), logits, atol=1e-4)
    assert found.values.shape == (12, model.num_features)
    assert found.labels.tolist() == [0] * 6 + [1] * 6
    assert found.rows.tolist() == list(range(12))
    assert not found.values.requires_grad


def test_images_that_cannot_be_read_are_named_and_left_out(model, photos, capsys):
    (photos / "train/blue/3.png").write_bytes(b"no image")
    found = extract_features(model, index_folder(photos, "train"), INPUT, MACHINE, num_workers=0)
    assert found.rows.tolist() == [0, 1, 2, *range(4, 12)]
    assert "left out: " in (said := capsys.readouterr().err)
    assert "blue/3.png" in said


def test_no_image_that_can_be_read_is_refused(model, photos):
    for path in (photos / "train").glob("*/*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(UserError, match="none of the 12 images can be read"):
        extract_features(model, index_folder(photos, "train"), INPUT, MACHINE, num_workers=0)
