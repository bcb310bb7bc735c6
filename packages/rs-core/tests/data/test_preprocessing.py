"""Evaluation pixels against the pipelines that published weights were measured with."""

import dataclasses
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from timm import get_pretrained_cfg
from timm.data import create_transform, resolve_data_config
from torchvision.models import ResNet50_Weights

from rs_core.configs import from_dict
from rs_core.data.preprocessing import Preprocessing, evaluation_pixels, normalize, prepare_image
from rs_core.errors import UserError

TF1 = {"crop_rule": "tf1", "resize": "tf1_bicubic"}
TF2 = {"crop_rule": "tf2", "resize": "tf2_bilinear"}


@pytest.fixture(scope="module")
def photos(shared):
    files = sorted((shared / "data/imagenet_photos/train").glob("*/*"))[::3]
    return [Image.open(file).convert("RGB") for file in files]


@pytest.fixture(scope="module")
def recorded(shared):
    return np.load(shared / "oracles/crops.npz")


@pytest.mark.parametrize(("use_test_size", "resolution"), [(False, 160), (True, 224)])
def test_resize_first_is_timms_to_the_byte(photos, use_test_size, resolution):
    settings = resolve_data_config(
        pretrained_cfg=get_pretrained_cfg("resnetrs50").to_dict(), use_test_size=use_test_size
    )
    assert (settings["crop_pct"], settings["input_size"][1]) == (0.91, resolution)
    # With the prefetcher timm leaves normalisation to the device, and the transform gives bytes.
    transform = create_transform(**settings, use_prefetcher=True)
    preprocessing = Preprocessing(resolution=resolution, crop_rule="resize_first", crop_fraction=0.91)
    for photo in photos:
        theirs = transform(photo)
        assert theirs.dtype == torch.uint8
        assert np.array_equal(evaluation_pixels(photo, preprocessing), theirs.permute(1, 2, 0))


@pytest.mark.parametrize(
    ("weights", "crop_fraction"), [(ResNet50_Weights.IMAGENET1K_V1, 0.875), (ResNet50_Weights.IMAGENET1K_V2, 0.965)]
)
def test_resize_first_is_torchvisions_to_the_byte(photos, weights, crop_fraction):
    unnormalized = weights.transforms(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    normalized = weights.transforms()
    preprocessing = Preprocessing(
        resolution=224, crop_rule="resize_first", crop_fraction=crop_fraction, resize="pil_bilinear"
    )
    for photo in photos:
        ours = torch.tensor(evaluation_pixels(photo, preprocessing)).permute(2, 0, 1)
        assert torch.equal(ours / 255, unnormalized(photo))
        # torchvision divides by 255 first: a few roundings of float32 apart.
        ours = normalize(ours[None], preprocessing.mean, preprocessing.std)[0]
        torch.testing.assert_close(ours, normalized(photo), rtol=0, atol=2e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 5), (224, 224), (1201, 223)])
def test_resize_first_is_torchvisions_at_odd_sizes(size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    image = Image.fromarray(pixels)
    expected = ResNet50_Weights.IMAGENET1K_V1.transforms(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))(image)
    preprocessing = Preprocessing(resolution=224, crop_rule="resize_first", resize="pil_bilinear")
    ours = torch.tensor(evaluation_pixels(image, preprocessing)).permute(2, 0, 1)
    assert torch.equal(ours / 255, expected)


@pytest.mark.parametrize(("resolution", "step"), [(160, 1), (224, 4)])
@pytest.mark.parametrize(("chosen", "name"), [(TF1, "t1_bicubic"), (TF2, "t2_bilinear")])
def test_tensorflows_pipelines_are_reproduced_bit_for_bit(recorded, chosen, name, resolution, step):
    decoded = Image.fromarray(recorded["photo0_decoded"])
    ours = evaluation_pixels(decoded, Preprocessing(resolution=resolution, **chosen))
    assert ours.shape == (resolution, resolution, 3)
    assert np.array_equal(ours[::step], recorded[f"photo0_{name}_{resolution}"])


def simclr_input_in_tensorflow(tf, pixels, resolution):
    """Scale to [0, 1], crop 0.875 of the short edge, resize and clip, as google-research/simclr:data_util.py."""
    image = tf.image.convert_image_dtype(pixels, tf.float32)
    height, width, _ = pixels.shape
    side = int(tf.math.rint(0.875 * tf.cast(min(height, width), tf.float32)))
    corner = [(edge - side + 1) // 2 for edge in (height, width)]
    crop = tf.image.crop_to_bounding_box(image, *corner, side, side)
    resized = tf.compat.v1.image.resize_bicubic(crop[None], (resolution, resolution))[0]
    return tf.clip_by_value(resized, 0.0, 1.0).numpy()


@pytest.mark.slow  # importing TensorFlow takes most of it
def test_simclrs_pipeline_is_reproduced_up_to_rounding(photos, tensorflow):
    noise = np.random.default_rng(0).integers(0, 256, (309, 420, 3), np.uint8)
    # 264.25, 267.75, 262.5 and 269.5 pixels a side, in both orientations.
    sizes = [(302, 420), (306, 400), (300, 400), (308, 400), (309, 300), (309, 308)]
    images = [np.asarray(photo) for photo in photos] + [noise[:height, :width] for height, width in sizes]
    for image in images:
        for resolution in (160, 224):
            chosen = Preprocessing(
                resolution=resolution, mean=(0, 0, 0), std=(1, 1, 1), crop_rule="simclr", resize="tf1_bicubic_clipped"
            )
            pixels = torch.from_numpy(evaluation_pixels(Image.fromarray(image), chosen)).permute(2, 0, 1)
            ours = normalize(pixels[None], chosen.mean, chosen.std)[0].permute(1, 2, 0)
            expected = simclr_input_in_tensorflow(tensorflow, image, resolution)
            # Sums of 16 products of numbers up to 1, scaled before there and after here.
            np.testing.assert_allclose(ours, expected, rtol=0, atol=16 * 2**-24)


@pytest.mark.parametrize("resolution", [160, 224])
def test_normalised_pixels_are_model_gardens(recorded, resolution):
    preprocessing = Preprocessing(resolution=resolution, **TF2)
    pixels = evaluation_pixels(Image.fromarray(recorded["photo0_decoded"]), preprocessing)
    ours = normalize(torch.tensor(pixels)[None].permute(0, 3, 1, 2), preprocessing.mean, preprocessing.std)
    # Values reach 2.6: a few roundings of float32.
    expected = recorded[f"photo0_t2_normalised_{resolution}_head"]
    np.testing.assert_allclose(ours[0, :, :8, :8].permute(1, 2, 0), expected, rtol=0, atol=1e-6)


def test_inputs_between_0_and_1_are_mean_0_and_std_1():
    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    chosen = Preprocessing(resolution=16, mean=(0, 0, 0), std=(1, 1, 1))
    assert torch.equal(normalize(images, chosen.mean, chosen.std), images / 255)


def test_the_background_class_comes_before_the_others():
    with_background = Preprocessing(resolution=224, class_offset=1)
    assert with_background.logit_indices(torch.tensor([0, 999])).tolist() == [1, 1000]
    assert with_background.logit_names(("tench", "goldfish")) == ("background", "tench", "goldfish")
    without = Preprocessing(resolution=224)
    assert without.logit_indices(torch.tensor([0, 999])).tolist() == [0, 999]
    assert without.logit_names(("tench", "goldfish")) == ("tench", "goldfish")


def test_a_file_from_before_the_newer_fields_loads_as_it_was_trained():
    old = json.loads('{"resolution": 96, "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2], "crop_rule": "tf2"}')
    assert from_dict(Preprocessing, old) == Preprocessing(
        resolution=96,
        mean=(0.5, 0.5, 0.5),
        std=(0.2, 0.2, 0.2),
        crop_rule="tf2",
        crop_fraction=0.875,
        resize="pil_bicubic",
        class_offset=0,
    )


def test_every_field_survives_a_file():
    chosen = Preprocessing(
        resolution=224, crop_rule="resize_first", crop_fraction=0.91, resize="pil_bilinear", class_offset=1
    )
    assert from_dict(Preprocessing, json.loads(json.dumps(dataclasses.asdict(chosen)))) == chosen


@pytest.mark.parametrize(
    "wrong",
    [
        {"resolution": 0},
        {"mean": (0.5, 0.5)},
        {"mean": (0.5, float("nan"), 0.5)},
        {"std": (0.2, 0.0, 0.2)},
        {"std": (0.2, float("inf"), 0.2)},
        {"crop_rule": "resize_last"},
        {"crop_fraction": 0.0},
        {"crop_fraction": 1.1},
        {"resize": "bicubic"},
        {"class_offset": -1},
        {"class_offset": 2},
    ],
)
def test_impossible_values_are_refused_by_name(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        Preprocessing(**({"resolution": 224} | wrong))


def test_a_photo_that_pillow_opened_is_turned_upright_only_if_the_model_was_trained_so():
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.radial_gradient("L").crop((0, 0, 90, 40)).save(stream, "PNG", exif=exif)
    photo = Image.open(stream)
    for apply, seen in ((True, photo.transpose(Image.Transpose.ROTATE_270)), (False, photo)):
        preprocessing = Preprocessing(resolution=8, apply_exif_orientation=apply)
        plain = Image.fromarray(np.array(seen))
        assert torch.equal(prepare_image(photo, preprocessing), prepare_image(plain, preprocessing))
