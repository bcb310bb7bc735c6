"""``rs-core predict``: the five likeliest classes of images."""

import json
from pathlib import Path

import torch

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import (
    add_device_arguments,
    add_input_arguments,
    add_model_argument,
    load_classifier,
    with_input,
)
from rs_core.data.decode import DecodeConfig, decode_rgb
from rs_core.data.preprocessing import Preprocessing, prepare_image
from rs_core.errors import UserError
from rs_core.train.precision import resolve_machine
from rs_core.weights.release import PretrainedModel


def run(arguments: list[str]) -> None:
    """Print name and probability of the likeliest classes of each image, as lines or one JSON object an image."""
    parser = CommandParser("predict", "Classify images with a trained model.")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    add_model_argument(parser)
    parser.add_argument("--top", type=at_least_one, default=5, help="how many classes to show (default: 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per image")
    add_input_arguments(parser)
    add_device_arguments(parser)
    options = parser.parse_args(arguments)

    inputs = [(path, read_image(path)) for path in options.images]
    trained = with_input(load_classifier(options.model), options)
    machine = resolve_machine(options.device, options.precision)
    trained.model.to(machine.device)
    for path, data in inputs:
        with machine.autocast():
            ranked = classify(trained, data, str(path), machine.device)[: options.top]
        if options.json:
            print(json.dumps({"file": str(path), "classes": [{"name": n, "probability": p} for n, p in ranked]}))
        else:
            print(path)
            for name, probability in ranked:
                print(f"  {100 * probability:6.2f} %  {name}")


def read_image(path: Path) -> bytes:
    """Read the bytes of an image file.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give the path of an image") from None


@torch.inference_mode()
def classify(trained: PretrainedModel, data: bytes, name: str, device: torch.device) -> list[tuple[str, float]]:
    """Give all classes of one encoded image with their probabilities, likeliest first.

    Where the model knows a background class, that is one of them.
    """
    logits = trained.model(model_input(data, name, trained.preprocessing).to(device)).float()
    probabilities = logits.softmax(dim=1)[0].tolist()
    names = trained.preprocessing.logit_names(trained.class_names)
    return sorted(zip(names, probabilities, strict=True), key=lambda pair: -pair[1])


def model_input(data: bytes, name: str, preprocessing: Preprocessing) -> torch.Tensor:
    """Decode, crop and normalise one image to ``[1, 3, resolution, resolution]``.

    Raises:
        UserError: the bytes are no readable image.
    """
    decode = DecodeConfig(apply_exif_orientation=preprocessing.apply_exif_orientation)
    return prepare_image(decode_rgb(data, name, decode), preprocessing)[None]
