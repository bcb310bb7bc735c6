"""One door for weights of every kind."""

import pickle
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from rs_core import UserError, create_model, load_pretrained
from rs_core.data.imagenet_classes import imagenet_class_names
from rs_core.weights import locate
from rs_core.weights.release import save_model

IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet18():
    torch.manual_seed(0)
    return timm.create_model("resnet18", num_classes=1000).eval()


@torch.no_grad()
def assert_same_logits(ours, theirs):
    torch.testing.assert_close(ours(IMAGES), theirs(IMAGES), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("wrap", [dict, lambda state: {"state_dict": {f"module.{k}": v for k, v in state.items()}}])
def test_a_pickled_state_dict_is_found_out_and_loaded(resnet18, tmp_path, wrap):
    torch.save(wrap(resnet18.state_dict()), tmp_path / "weights.pth")
    loaded = load_pretrained(tmp_path / "weights.pth")
    assert (loaded.origin.layout, loaded.origin.architecture) == ("timm", "resnet_18")
    assert loaded.origin.source == "weights.pth"
    assert loaded.class_names == imagenet_class_names()
    assert not loaded.model.training
    assert_same_logits(loaded.model, resnet18)


def test_torchvisions_networks_load(tmp_path):
    theirs = torchvision.models.resnet50(num_classes=5).eval()
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    loaded = load_pretrained(tmp_path / "weights.pth")
    assert loaded.class_names == ("0", "1", "2", "3", "4")
    assert_same_logits(loaded.model, theirs)


def test_names_of_no_layout_are_shown(tmp_path):
    save_file({"encoder.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match=r"other.safetensors: its 1 tensors \(encoder.weight\) have not the names of"):
        load_pretrained(tmp_path / "other.safetensors")


def test_names_of_no_layout_are_answered_with_what_to_give(resnet18, tmp_path):
    state = resnet18.state_dict()
    two_networks = {f"{part}.{name}": tensor for part in ("student", "teacher") for name, tensor in state.items()}
    beside = {f"model.{name}": tensor for name, tensor in state.items()} | {"accuracy.total": torch.tensor(7)}
    answers = [
        (two_networks, r"the 122 below 'student.' have those of timm: save them alone, without it"),
        (beside, r"the 122 below 'model.' have those of timm: save them alone, without it"),
        (create_model("resnet_18").state_dict(), r"a bare state dict of one of our networks loads in Python"),
        ({"features.0.weight": torch.zeros(2)}, r"give a residual network of this family"),
    ]
    for tensors, answer in answers:
        torch.save({"state_dict": tensors}, tmp_path / "last.ckpt")
        with pytest.raises(UserError, match=answer):
            load_pretrained(tmp_path / "last.ckpt")


def test_a_layout_that_is_asked_for_is_not_guessed_at(resnet18, tmp_path):
    save_file(resnet18.state_dict(), tmp_path / "weights.safetensors")
    for layout in ("tf1", "rs_core", "simclr", "keras", "model_garden"):
        said = f"have not the names of layout {layout}; they are those of layout timm"
        with pytest.raises(UserError, match=said) as caught:
            load_pretrained(tmp_path / "weights.safetensors", layout)
        assert "\n" not in str(caught.value)
    save_model(load_pretrained(tmp_path / "weights.safetensors"), tmp_path / "ours.safetensors")
    with pytest.raises(UserError, match=r"not the names of layout timm; they are those of layout rs_core"):
        load_pretrained(tmp_path / "ours.safetensors", "timm")
    with pytest.raises(UserError, match=r"layout='tim': choose from .*did you mean 'timm'"):
        load_pretrained(tmp_path / "weights.safetensors", "tim")


def test_a_tensor_that_is_missing_is_named(resnet18, tmp_path):
    state = resnet18.state_dict()
    del state["layer3.1.conv2.weight"]
    torch.save(state, tmp_path / "weights.pth")
    with pytest.raises(UserError, match=r"1 missing: layer3.1.conv2.weight"):
        load_pretrained(tmp_path / "weights.pth")


@pytest.mark.parametrize("name", ["model.pt2", "model.onnx"])
def test_an_exported_network_is_no_source_of_weights(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=rf"{name}: an exported network; load it with load_exported"):
        load_pretrained(tmp_path / name)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "touched",)

    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Touch()))
    with pytest.raises(UserError, match=r"evil.pth: refused") as caught:
        load_pretrained(tmp_path / "evil.pth")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "touched").exists()


def test_a_published_name_is_fetched_and_remembered(resnet18, tmp_path, monkeypatch):
    torch.save(resnet18.state_dict(), tmp_path / "download.pth")
    monkeypatch.setattr(locate, "locate_published", lambda name: tmp_path / "download.pth")
    assert load_pretrained("resnet_rs_50.timm").origin.source == "resnet_rs_50.timm"


@pytest.mark.parametrize("name", ["runs/nope", "me/model", "weights/model.safetensors"])
def test_a_path_with_a_mistake_is_not_looked_for_on_the_hub(name, monkeypatch):
    monkeypatch.setattr(locate, "pull_from_hub", lambda hub_id: pytest.fail(f"asked the hub for {hub_id}"))
    with pytest.raises(UserError, match=f"{name}: no such file.*write hf-hub:user/name for the hub"):
        load_pretrained(name)


def test_a_hub_id_with_its_prefix_is_pulled(resnet18, tmp_path, monkeypatch):
    torch.save(resnet18.state_dict(), tmp_path / "pulled.pth")
    monkeypatch.setattr(locate, "pull_from_hub", lambda hub_id: {"me/model": tmp_path / "pulled.pth"}[hub_id])
    assert load_pretrained("hf-hub:me/model").origin.source == "hf-hub:me/model"


def test_of_a_training_checkpoint_the_average_is_taken_unless_it_is_not_wanted(resnet18, tmp_path):
    average = {name: tensor * 2 for name, tensor in resnet18.state_dict().items()}
    torch.save({"state_dict": resnet18.state_dict(), "state_dict_ema": average}, tmp_path / "both.pth")
    for ema, wanted in ((True, average), (False, resnet18.state_dict())):
        loaded = load_pretrained(tmp_path / "both.pth", ema=ema)
        assert loaded.origin.averaged == ema
        assert torch.equal(loaded.model.classifier.weight, wanted["fc.weight"])


def test_raw_weights_are_refused_where_there_is_the_average_alone(resnet18, tmp_path):
    torch.save(resnet18.state_dict(), tmp_path / "resnet18_ema.pth")
    with pytest.raises(UserError, match="holds the weight average alone"):
        load_pretrained(tmp_path / "resnet18_ema.pth", ema=False)


def test_what_lies_beside_the_network_is_reported(resnet18, tmp_path):
    state = {f"module.{name}": tensor for name, tensor in resnet18.state_dict().items()}
    torch.save(state | {"n_averaged": torch.tensor(7)}, tmp_path / "averaged.pth")
    assert load_pretrained(tmp_path / "averaged.pth").origin.passed_over == ("beside the network: n_averaged",)


def test_of_a_checkpoint_the_missing_part_is_named(tmp_path):
    (tmp_path / "model.ckpt-7.data-00000-of-00001").touch()
    with pytest.raises(UserError, match=r"model.ckpt-7.index: the index of the checkpoint is missing"):
        load_pretrained(tmp_path / "model.ckpt-7")
    with pytest.raises(UserError, match=r"model.ckpt: no such file, checkpoint prefix or published name"):
        load_pretrained(tmp_path / "model.ckpt")


def test_what_is_nowhere_is_said_so_with_the_nearest_name():
    with pytest.raises(UserError, match=r"resnet_rs_50.tf1-i16: no such file.*did you mean 'resnet_rs_50.tf1-i160'"):
        load_pretrained("resnet_rs_50.tf1-i16")


@pytest.fixture
def ten_classes(tmp_path):
    """Weights for ten classes as a file."""
    torch.save(timm.create_model("resnet18", num_classes=10).state_dict(), tmp_path / "ten.pth")
    return str(tmp_path / "ten.pth")


def test_a_network_can_start_from_weights(ten_classes):
    model = create_model("resnet_18", weights=ten_classes)
    assert model.config.num_classes == 10
    assert model.training
    wanted = load_pretrained(ten_classes).model.state_dict()
    assert all(torch.equal(tensor, wanted[key]) for key, tensor in model.state_dict().items())


def test_other_classes_get_a_fresh_head_and_the_rest_is_kept(ten_classes):
    model = create_model("resnet_18", weights=ten_classes, num_classes=7, drop_path_rate=0.2)
    assert model.config.drop_path_rate == 0.2
    assert model.classifier.weight.shape == (7, 512)
    wanted = load_pretrained(ten_classes).model.state_dict()
    kept = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith("classifier.")}
    assert all(torch.equal(tensor, wanted[key]) for key, tensor in kept.items())
    assert create_model("resnet_18", weights=ten_classes, num_classes=0)(IMAGES).shape == (2, 512)


def test_weights_of_another_network_are_refused(ten_classes):
    # The bottlenecks of a 26 are as many as the basic blocks of an 18.
    for name in ("resnet_34", "resnet_d_18", "resnet_26", "resnet_50", "r3d_50"):
        with pytest.raises(UserError, match=f"are of resnet_18 with num_classes=10, not of {name}"):
            create_model(name, weights=ten_classes)
    with pytest.raises(UserError, match=r"misshapen: stem.conv1.weight"):
        create_model("resnet_18", weights=ten_classes, in_channels=1)
    with pytest.raises(UserError, match=r"has no option 'depht'"):
        create_model("resnet_18", weights=ten_classes, depht=3)


def test_a_tag_with_a_mistake_is_answered_with_the_nearest_of_the_row():
    with pytest.raises(UserError, match=r"no tag of published resnet_rs_50 \(did you mean 'tf1-i160'\?\)"):
        create_model("resnet_rs_50", weights="tf1-i16")
    # A tag of another row.
    with pytest.raises(UserError, match=r"no tag of published r3d_rs_50 and no such file; see rs-core weights list"):
        create_model("r3d_rs_50", weights="tf1-i160")


def test_weights_that_are_no_numbers_are_refused(resnet18, tmp_path):
    state = resnet18.state_dict() | {"fc.bias": torch.full((1000,), float("nan"))}
    torch.save(state, tmp_path / "diverged.pth")
    with pytest.raises(UserError, match=r"diverged.pth: classifier.bias is not finite"):
        load_pretrained(tmp_path / "diverged.pth")


def test_an_empty_source_is_not_the_current_folder():
    for load in (lambda: load_pretrained(""), lambda: create_model("resnet_18", weights="")):
        with pytest.raises(UserError, match="the source of the weights is empty"):
            load()


def test_imagenets_classes_with_and_without_background_are_not_mixed_up(resnet18, tmp_path):
    path = str(tmp_path / "imagenet.pth")
    torch.save(resnet18.state_dict(), path)
    with pytest.raises(UserError, match=r"have 1000 classes, not 1001: with and without a background class; leave"):
        create_model("resnet_18", weights=path, num_classes=1001)
    assert create_model("resnet_18", weights=path, num_classes=1000).config.num_classes == 1000
