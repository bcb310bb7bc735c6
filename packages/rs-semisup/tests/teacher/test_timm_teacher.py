"""Networks of timm answer as in timm's own pipeline."""

import sys

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from rs_core.data.folder import index_folder
from rs_core.data.loader import eval_batches
from rs_core.errors import UserError
from rs_semisup.teacher import load_teacher
from rs_semisup.teacher.timm_teacher import preprocessing_of

timm = pytest.importorskip("timm")
pytest.importorskip("torchvision")


def network(name, **options):
    torch.manual_seed(0)
    return timm.create_model(name, pretrained=False, **options).eval()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A ResNet-18 of timm with random weights and 7 classes, as its training script saves it."""
    path = tmp_path_factory.mktemp("timm") / "last.pth.tar"
    model = network("resnet18", num_classes=7)
    torch.save({"epoch": 3, "arch": "resnet18", "state_dict": model.state_dict()}, path)
    return path


@pytest.mark.parametrize("name", ["resnet18", "test_efficientnet", "resnet18.a1_in1k"])
def test_answers_are_those_of_timms_own_pipeline(name, tmp_path, shared):
    model = network(name, num_classes=7)
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    teacher = load_teacher(f"timm:{name}", str(tmp_path / "model.safetensors"))
    photos = sorted((shared / "data/photos_cc0").rglob("*.jpg"))[:4]
    transform = timm.data.create_transform(
        **timm.data.resolve_model_data_config(model, use_test_size=True), is_training=False
    )
    with torch.inference_mode():
        theirs = model(torch.stack([transform(Image.open(path).convert("RGB")) for path in photos])).softmax(1)
        ours = teacher.log_probabilities(pixels_of(photos, teacher.preprocessing, tmp_path)).exp()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def pixels_of(photos, preprocessing, folder):
    (folder / "photos/all").mkdir(parents=True)
    for number, path in enumerate(photos):
        (folder / f"photos/all/{number}.jpg").symlink_to(path)
    index = index_folder(folder, "photos")
    (batch,) = eval_batches(index, rows=range(len(index)), preprocessing=preprocessing, batch_size=9, num_workers=0)
    return batch.images


def test_a_checkpoint_says_how_many_classes_there_are(checkpoint):
    teacher = load_teacher("timm:resnet18", str(checkpoint))
    assert teacher.class_names == tuple("0123456")
    assert not teacher.model.training
    assert teacher.name == f"timm:resnet18 ({checkpoint})"


def test_a_checkpoint_may_lack_the_counters_of_batch_norm(checkpoint, tmp_path):
    weights = torch.load(checkpoint)["state_dict"]
    torch.save({name: value for name, value in weights.items() if "num_batches" not in name}, tmp_path / "old.pth")
    loaded = load_teacher("timm:resnet18", str(tmp_path / "old.pth")).model.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in weights.items() if "num_batches" not in name)


def test_what_does_not_fit_or_is_not_there_is_refused(checkpoint, tmp_path):
    with pytest.raises(UserError, match="do not fit this model"):
        load_teacher("timm:resnet34", str(checkpoint))
    with pytest.raises(UserError, match=r"timm:resnet19: timm has no such network \(did you mean 'resnet1"):
        load_teacher("timm:resnet19", str(checkpoint))
    with pytest.raises(UserError, match=r"none.pth: no such file"):
        load_teacher("timm:resnet18", str(tmp_path / "none.pth"))


def test_weights_that_cannot_be_downloaded_are_refused_in_one_line(monkeypatch, tmp_path):
    import huggingface_hub.constants  # noqa: PLC0415

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="its published weights cannot be had") as caught:
        load_teacher("timm:resnet18")
    assert str(caught.value).endswith("give weights with --teacher_checkpoint")
    assert "\n" not in str(caught.value)


def test_without_timm_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"needs timm, which is not installed: pip install 'rs-semisup\[timm\]'"):
        load_teacher("timm:resnet18")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop_mode": "squash"}, "timm feeds it with crop_mode=squash, which is not possible here"),
        ({"interpolation": "lanczos"}, "interpolation=lanczos"),
        ({"input_size": (3, 224, 448)}, "input_size=(3, 224, 448)"),
        ({"input_size": (1, 28, 28)}, "input_size=(1, 28, 28)"),
    ],
)
def test_inputs_that_we_cannot_make_are_refused(changes, message):
    config = timm.data.resolve_data_config({"model": "x"})
    assert preprocessing_of(config, "timm:x").resolution == 224
    with pytest.raises(UserError) as caught:
        preprocessing_of(config | changes, "timm:x")
    assert message in str(caught.value)
