"""``rs-core predict``: names and probabilities for people and for programs."""

import dataclasses
import io
import json
import shutil
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torchvision.transforms.functional import normalize, pil_to_tensor

from rs_core import load_pretrained
from rs_core.cli.predict import classify, model_input
from rs_core.data.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing, evaluation_pixels
from rs_core.weights.release import save_model

FLOAT32 = ("--device", "cpu", "--precision", "float32")


@pytest.fixture
def digit(tmp_path):
    """An image of noise, at a size of which the centre crop is 16 px, so that nothing is resized."""
    path = tmp_path / "digit.png"
    pixels = torch.randint(256, (64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    Image.fromarray(pixels.numpy()).save(path)
    return path


def test_five_classes_are_shown_likeliest_first(command, digits_run, digit):
    outcome = command("predict", digit, "--model", digits_run, *FLOAT32)
    assert (outcome.code, outcome.err) == (0, "")
    file, *rows = outcome.out.splitlines()
    assert file == str(digit)
    shares = [float(row.split()[0]) for row in rows]
    assert len(rows) == 5
    assert shares == sorted(shares, reverse=True)
    assert all(row.split()[1:] in (["%", name] for name in "0123456789") for row in rows)


def test_red_is_red_and_blue_is_blue(command, photo_run, photos):
    images = [photos / "val" / name / "1.png" for name in ("red", "blue")]
    outcome = command("predict", *images, "--model", photo_run, "--json")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert [row["file"] for row in rows] == [str(image) for image in images]
    assert [row["classes"][0]["name"] for row in rows] == ["red", "blue"]
    for row in rows:
        assert sum(entry["probability"] for entry in row["classes"]) == pytest.approx(1)


def test_probabilities_are_the_softmax_of_the_model_on_the_centre_crop(command, photo_run, tmp_path):
    # One colour survives cropping and resizing, so torchvision alone prepares the same input.
    Image.new("RGB", (40, 50), (90, 20, 200)).save(tmp_path / "plain.png")
    image = pil_to_tensor(Image.new("RGB", (16, 16), (90, 20, 200))) / 255
    released = load_pretrained(photo_run)
    with torch.inference_mode():
        expected = released.model(normalize(image, IMAGENET_MEAN, IMAGENET_STD)[None]).softmax(1)[0].tolist()
    outcome = command("predict", "plain.png", "--model", photo_run, "--json", *FLOAT32)
    given = {entry["name"]: entry["probability"] for entry in json.loads(outcome.out)["classes"]}
    assert given == pytest.approx(dict(zip(released.class_names, expected, strict=True)), rel=1e-5)


def test_a_background_class_is_the_first_logit_and_has_a_name(digit):
    released = SimpleNamespace(
        model=lambda images: torch.tensor([[0.0, 2.0, 1.0]]).expand(len(images), 3),
        preprocessing=Preprocessing(resolution=8, class_offset=1),
        class_names=("blue", "red"),
    )
    ranked = classify(released, digit.read_bytes(), "digit.png", torch.device("cpu"))
    assert [name for name, _ in ranked] == ["blue", "red", "background"]
    assert [probability for _, probability in ranked] == pytest.approx([0.66524, 0.24473, 0.09003], abs=1e-5)


@pytest.mark.parametrize("chosen", [{"resize": "tf1_bicubic"}, {"crop_rule": "resize_first", "resize": "pil_bilinear"}])
def test_an_image_reaches_the_model_as_the_model_says(chosen, shared):
    preprocessing = Preprocessing(resolution=33, **chosen)
    data = next((shared / "data/imagenet_photos/train/n01622779").iterdir()).read_bytes()
    pixels = evaluation_pixels(Image.open(io.BytesIO(data)).convert("RGB"), preprocessing)
    expected = normalize(torch.tensor(pixels).permute(2, 0, 1) / 255, IMAGENET_MEAN, IMAGENET_STD)[None]
    torch.testing.assert_close(model_input(data, "frog", preprocessing), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("top", "num_rows"), [("1", 1), ("3", 3), ("99", 10)])
def test_top_says_how_many(command, digits_run, digit, top, num_rows):
    assert len(command("predict", digit, "--model", digits_run, "--top", top).out.splitlines()) == 1 + num_rows


@pytest.mark.parametrize("top", ["0", "-1", "x"])
def test_top_below_one_is_refused(refused, digits_run, digit, top):
    message = refused("predict", digit, "--model", digits_run, f"--top={top}")
    assert message == f"argument --top: {top!r}: give a whole number of at least 1; see rs-core predict --help"


def test_an_image_that_is_not_there_is_named_before_anything_is_printed(command, digits_run, digit):
    outcome = command("predict", digit, "nowhere.jpg", "--model", digits_run)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "rs-core: nowhere.jpg: No such file or directory; give the path of an image\n"


def test_a_truncated_photo_is_named(refused, digits_run, shared, tmp_path):
    shutil.copy(shared / "data/corrupt/truncated_000001.jpg", tmp_path / "cut.jpg")
    assert refused("predict", "cut.jpg", "--model", digits_run).startswith("cut.jpg: truncated or damaged image")


def test_a_text_is_no_image(refused, digits_run, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    assert refused("predict", "notes.txt", "--model", digits_run).startswith("notes.txt: not a JPEG, PNG, WebP or BMP")


def test_the_input_can_be_changed(command, refused, tmp_path, digits_run):
    image = tmp_path / "shades.png"
    Image.radial_gradient("L").resize((90, 60)).save(image)
    plain = command("predict", image, "--model", digits_run, "--json").out
    for change in (("--resolution", "24"), ("--resize", "tf1_bicubic"), ("--crop_fraction", "0.5")):
        assert command("predict", image, "--model", digits_run, "--json", *change).out != plain, change
    assert command("predict", image, "--model", digits_run, "--json", "--resize", "pil_bicubic").out == plain
    assert "crop_fraction=2.0" in refused("predict", image, "--model", digits_run, "--crop_fraction", "2")
    assert "invalid choice: 'lanczos'" in refused("predict", image, "--model", digits_run, "--resize", "lanczos")


def test_a_resolution_that_would_fill_the_memory_is_refused(refused, photos, digits_run):
    image = photos / "val/red/0.png"
    assert "give 1 to 8192 pixels" in refused("predict", image, "--model", digits_run, "--resolution", "30000")


def test_photos_are_turned_upright_as_the_model_says_unless_it_is_told_otherwise(command, tmp_path, digits_run):
    shades = Image.radial_gradient("L").convert("RGB").crop((0, 0, 90, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    shades.save("turned.png", exif=exif)
    shades.save("plain.png")
    shades.transpose(Image.Transpose.ROTATE_270).save("upright.png")
    digits = load_pretrained(digits_run)
    upright = dataclasses.replace(digits.preprocessing, apply_exif_orientation=True)
    save_model(dataclasses.replace(digits, preprocessing=upright), tmp_path / "upright.safetensors")

    def predicted(image, model, *options):
        return json.loads(command("predict", image, "--model", model, "--json", *options).out)["classes"]

    assert predicted("turned.png", digits_run) == predicted("plain.png", digits_run)
    assert predicted("turned.png", "upright.safetensors") == predicted("upright.png", digits_run)
    assert predicted("turned.png", digits_run, "--apply_exif_orientation") == predicted("upright.png", digits_run)
    assert predicted("turned.png", "upright.safetensors", "--no-apply_exif_orientation") == predicted(
        "plain.png", digits_run
    )
    assert predicted("plain.png", digits_run) != predicted("upright.png", digits_run)
