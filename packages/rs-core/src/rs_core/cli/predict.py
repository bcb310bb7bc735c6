"""``rs-core predict``: the five likeliest classes of images."""

import json
from pathlib import Path

import torch

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import add_device_arguments, add_model_argument, load_trained
from rs_core.data.augment import normalize
from rs_core.data.crop import centre_crop_box, crop_and_resize
from rs_core.data.decode import decode_rgb
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.precision import resolve_machine
from rs_core.train.release import ReleasedModel


def run(arguments: list[str]) -> None:
    """Print name and probability of the likeliest classes of each image, as lines or one JSON object an image."""
    parser = CommandParser("predict", "Classify images with a trained model.")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    add_model_argument(parser)
    parser.add_argument("--top", type=at_least_one, default=5, help="how many classes to show (default: 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per image")
    add_device_arguments(parser)
    options = parser.parse_args(arguments)

    inputs = [(path, read_image(path)) for path in options.images]
    released = load_trained(options.model)
    machine = resolve_machine(options.device, options.precision)
    released.model.to(machine.device)
    for path, data in inputs:
        with machine.autocast():
            ranked = classify(released, data, str(path), machine.device)[: options.top]
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
def classify(released: ReleasedModel, data: bytes, name: str, device: torch.device) -> list[tuple[str, float]]:
    """Give all classes of one encoded image with their probabilities, likeliest first."""
    logits = released.model(model_input(data, name, released.preprocessing).to(device)).float()
    probabilities = logits.softmax(dim=1)[0].tolist()
    return sorted(zip(released.class_names, probabilities, strict=True), key=lambda pair: -pair[1])


def model_input(data: bytes, name: str, preprocessing: Preprocessing) -> torch.Tensor:
    """Decode, crop and normalise one image to ``[1, 3, resolution, resolution]``.

    Raises:
        UserError: the bytes are no readable image.
    """
    image = decode_rgb(data, name)
    box = centre_crop_box(image.height, image.width, preprocessing.resolution, preprocessing.crop_rule)
    pixels = torch.tensor(crop_and_resize(image, box, preprocessing.resolution))
    return normalize(pixels.permute(2, 0, 1)[None], preprocessing.mean, preprocessing.std)
