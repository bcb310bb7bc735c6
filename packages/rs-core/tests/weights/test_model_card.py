"""The model card: it says what is known and nothing else."""

import dataclasses
import json
import re

import pytest
import yaml

from rs_core.data.preprocessing import Preprocessing
from rs_core.models import build_model, model_config
from rs_core.weights.model_card import model_card
from rs_core.weights.release import Origin, PretrainedModel

TF1 = Origin(
    layout="tf1",
    architecture="resnet_rs_50",
    source="resnet-rs-50-i160",
    averaged=True,
    passed_over=("161 momentum", "1 global_step"),
    notes=("The activation is the released one.",),
)


def described(row="resnet_rs_50", *, origin=TF1, class_names=("cat", "dog"), preprocessing=None, **overrides):
    config = model_config(row, blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=2, **overrides)
    return PretrainedModel(
        model=build_model(config).eval(),
        preprocessing=preprocessing or Preprocessing(resolution=160),
        class_names=class_names,
        origin=origin,
    )


@pytest.fixture
def run(tmp_path):
    directory = tmp_path / "run"
    directory.mkdir()
    (directory / "config.yaml").write_text("recipe: mine\ndata: {root: /secret/flowers}\nepochs: 3.0\n")
    (directory / "result.json").write_text(json.dumps({"val/top1": 91.234, "val/num_images": 500.0, "seconds": 61}))
    return directory


def front_matter(card):
    return yaml.safe_load(re.match(r"---\n(.*?)\n---\n\n", card, re.DOTALL)[1])


def test_the_front_matter_is_what_the_hub_reads():
    card = model_card(described(), "hf-hub:me/model", license="apache-2.0", datasets=["imagenet-1k"])
    assert front_matter(card) == {
        "library_name": "timm",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "resnet", "rs-core"],
        "license": "apache-2.0",
        "datasets": ["imagenet-1k"],
    }


def test_huggingface_hub_reads_the_front_matter():
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard(model_card(described(), "hf-hub:me/model", license="mit")).data
    assert (data.license, data.library_name, data.datasets) == ("mit", "timm", None)


def test_no_licence_and_no_data_set_are_claimed_unasked():
    assert front_matter(model_card(described(), "hf-hub:me/model")).keys() == {"library_name", "pipeline_tag", "tags"}


def test_texts_of_the_user_cannot_break_the_front_matter():
    nasty = 'other: "x"\n---\n# gone'
    assert front_matter(model_card(described(), "hf-hub:me/model", license=nasty))["license"] == nasty


def test_imported_weights_are_said_to_be_so_with_their_notes():
    card = model_card(described(), "hf-hub:me/model")
    assert "Weights of `resnet-rs-50-i160` (layout tf1; the average that training kept), converted by rs-core." in card
    assert "Not taken from it: 161 momentum, 1 global_step." in card
    assert "\n* The activation is the released one.\n" in card
    assert "## Results" not in card
    assert "## Training" not in card


def test_a_run_gives_its_figures_and_its_settings(run):
    origin = Origin(recipe="mine", averaged=True)
    card = model_card(described(origin=origin), "hf-hub:me/model", run=run)
    assert "| top-1 | 91.23 % |" in card
    assert "| images | 500 |" in card
    assert "Measured with the averaged weights on every held-out image once" in card
    assert "| recipe | mine |" in card
    assert "| data | flowers |" in card
    assert "| time | 0:01:01 |" in card
    assert "secret" not in card
    assert "top-5" not in card
    assert "machine" not in card
    assert "## Origin" not in card


def test_weights_that_are_no_average_are_not_called_one(run):
    card = model_card(described(origin=Origin(recipe="mine")), "hf-hub:me/model", run=run)
    assert "Measured with the weights on every" in card
    card = model_card(described(origin=dataclasses.replace(TF1, averaged=False)), "hf-hub:me/model")
    assert "(layout tf1; not an average)" in card


def test_the_lines_to_load_it_are_given_for_the_hub_and_for_a_folder():
    card = model_card(described(), "hf-hub:me/model")
    assert '\npretrained = rs_core.load_pretrained("hf-hub:me/model")\n' in card
    assert '\nmodel = timm.create_model("hf-hub:me/model", pretrained=True).eval()\n' in card
    card = model_card(described(), 'out/my "model"')
    assert '# my "model"\n' in card
    assert r'rs_core.load_pretrained("out/my \"model\"")' in card
    assert r'timm.create_model("local-dir:out/my \"model\"", pretrained=True)' in card


def test_the_shape_of_the_input_is_said():
    assert "pretrained.model(images)  # float32 [N, 3, 160, 160], prepared" in model_card(
        described(), "hf-hub:me/model"
    )
    assert "pretrained.model(images)  # float32 [N, C, T, H, W]" in model_card(described("r3d_50"), "hf-hub:me/model")


def test_the_code_compiles():
    blocks = re.findall(r"```python\n(.*?)```", model_card(described(), 'a "b" \\ c'), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "card", "exec")


def test_what_timm_cannot_build_is_not_offered_to_it():
    card = model_card(described(padding="same"), "hf-hub:me/model")
    assert 'timm cannot build this network (TensorFlow\'s "same" padding).' in card
    assert "timm.create_model" not in card
    assert front_matter(card)["library_name"] == "rs-core"


def test_a_video_network_is_said_to_be_one():
    matter = front_matter(model_card(described("r3d_rs_50"), "hf-hub:me/model"))
    assert (matter["pipeline_tag"], matter["library_name"]) == ("video-classification", "rs-core")


def test_preprocessing_is_said_in_full():
    preprocessing = Preprocessing(
        resolution=224, mean=(0, 0.25, 0.5), std=(1, 0.5, 2), crop_rule="tf2", resize="tf2_bilinear", class_offset=1
    )
    card = model_card(described(preprocessing=preprocessing), "hf-hub:me/model")
    for row in (
        "| resolution | 224 x 224 pixels |",
        "| centre crop | 0.875 of the short edge, rule `tf2` |",
        "| resize | `tf2_bilinear` |",
        "| mean | 0, 0.25, 0.5 (white is 1) |",
        "| standard deviation | 1, 0.5, 2 |",
        "| classes | class i has logit i + 1 |",
    ):
        assert row in card


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({"crop_rule": "resize_first", "resize": "pil_bilinear"}, True),
        ({"crop_rule": "tf1"}, False),
        ({"crop_rule": "resize_first", "apply_exif_orientation": True}, False),
    ],
)
def test_a_transform_of_timm_that_differs_is_said_to(changes, alike):
    preprocessing = Preprocessing(resolution=224, **changes)
    card = model_card(described(preprocessing=preprocessing), "hf-hub:me/model")
    assert ("timm's own transform" in card) != alike


def test_that_photos_are_turned_upright_is_said_where_they_are():
    for apply in (False, True):
        card = model_card(
            described(preprocessing=Preprocessing(resolution=8, apply_exif_orientation=apply)), "hf-hub:me/model"
        )
        assert ("| orientation | photos are turned upright first" in card) == apply


def test_the_first_classes_are_named_and_the_others_counted():
    card = model_card(described(class_names=tuple(f"c{i}" for i in range(12))), "hf-hub:me/model")
    assert "| classes | c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more |" in card


def test_names_of_classes_cannot_break_the_table():
    card = model_card(described(class_names=("a|b", "c\n\nd")), "hf-hub:me/model")
    assert r"| classes | a\|b, c d |" in card
