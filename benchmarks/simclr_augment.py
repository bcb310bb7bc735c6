"""Images per second that become two views of SimCLR, beside lightly's transforms.

    python benchmarks/simclr_augment.py --data folder/of/photos --json

Both sides get the same photos, decoded, and end with one float32 batch in [0, 1] of two views of each: random crop,
mirror, colours in random order, grey, blur. They take turns in one process of one thread, as a worker has. lightly's
``SimCLRTransform`` makes view after view with Pillow, normalisation left out; ours crops image by image, as workers do,
and makes the rest of a whole batch at once, as the training device does, here a CPU.

``224 px``: photos as they are, the settings for ImageNet. ``32 px``: photos shrunk to 32 px, the settings for CIFAR
(half the strength, no blur). ``device`` is what the training device does of it, after the crops.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import lightly
import numpy as np
import torch
from lightly.transforms import SimCLRTransform
from numpy.typing import NDArray
from PIL import Image, ImageOps
from record import describe_hardware, write_record
from torch import Tensor

from rs_core.data.crop import random_crop_box
from rs_core.data.resize import resize_into
from rs_core.memory import keep_freed_memory
from rs_transfer.simclr.recipes import SimCLRRecipe, get_simclr_recipe
from rs_transfer.simclr.views import ViewAugment

RECIPES = {"224 px": "simclr_v2_resnet_50", "32 px": "simclr_resnet_18_i32"}


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)
    keep_freed_memory()  # as training does, here for both sides
    rows = {}
    for name, recipe in RECIPES.items():
        rows[name] = measure(load_photos(args.data, args.images, name), get_simclr_recipe(recipe), args.turns)
        print(name, *(f"{key} {value:g}" for key, value in rows[name].items()), flush=True)
    if args.json:
        hardware = describe_hardware(load_average=round(os.getloadavg()[0], 1), lightly=lightly.__version__)
        settings = {"images": args.images, "turns": args.turns}
        print("written:", write_record(__file__, hardware, settings, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with JPEG photos")
    parser.add_argument("--images", type=int, default=128, help="in a batch; photos repeat if there are fewer")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="write a file beside this script, named after the hardware")
    return parser.parse_args()


def load_photos(folder: Path, num_images: int, size: str) -> list[Image.Image]:
    """Decode photos, and shrink them for the settings of small images."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))[:num_images]
    if not paths:
        raise SystemExit(f"{folder}: no JPEG; give a folder of photos with --data")
    photos = [Image.open(path).convert("RGB") for path in paths]
    if size == "32 px":
        photos = [ImageOps.fit(photo, (32, 32)) for photo in photos]
    return [photos[number % len(photos)] for number in range(num_images)]


def measure(photos: list[Image.Image], recipe: SimCLRRecipe, num_turns: int) -> dict[str, float]:
    """Let both sides take turns; the first is not counted."""
    sides = {"ours": ours(photos, recipe), "device": device_part(photos, recipe), "lightly": of_lightly(photos, recipe)}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(num_turns + 1):
        for name, make in sides.items():
            start = time.process_time()
            make()
            seconds[name].append(time.process_time() - start)
    seconds = {name: values[1:] for name, values in seconds.items()}
    pairs = list(zip(seconds["lightly"], seconds["ours"], strict=True))
    rates = {f"{name}_per_second": len(photos) / median(values) for name, values in seconds.items()}
    return {"ours_over_lightly": round(median(theirs / own for theirs, own in pairs), 2)} | {
        name: round(rate, 1) for name, rate in rates.items()
    }


def ours(photos: list[Image.Image], recipe: SimCLRRecipe) -> Callable[[], Tensor]:
    """Give what makes a batch of views our way."""
    pixels = [np.array(photo) for photo in photos]
    augment = ViewAugment(recipe.views, horizontal_flip=recipe.horizontal_flip)
    generator, rng = torch.Generator().manual_seed(0), np.random.default_rng(0)
    return lambda: augment(crops_of(pixels, recipe, rng), generator)


def device_part(photos: list[Image.Image], recipe: SimCLRRecipe) -> Callable[[], Tensor]:
    """Give what makes views of crops that are there."""
    crops = crops_of([np.array(photo) for photo in photos], recipe, np.random.default_rng(0))
    augment = ViewAugment(recipe.views, horizontal_flip=recipe.horizontal_flip)
    generator = torch.Generator().manual_seed(0)
    return lambda: augment(crops, generator)


def crops_of(pixels: list[NDArray[np.uint8]], recipe: SimCLRRecipe, rng: np.random.Generator) -> Tensor:
    """Crop each image twice, as the workers do once they have decoded it."""
    side = recipe.resolution
    crops = torch.from_numpy(np.empty((2 * len(pixels), 3, side, side), np.uint8))
    for place, crop in enumerate(crops.unbind()):
        image = pixels[place // 2]
        box = random_crop_box(*image.shape[:2], recipe.crop, rng)
        resize_into(image[box.y : box.y + box.h, box.x : box.x + box.w], crop)
    return crops


def of_lightly(photos: list[Image.Image], recipe: SimCLRRecipe) -> Callable[[], Tensor]:
    """Give what makes a batch of views with lightly."""
    transform = SimCLRTransform(
        input_size=recipe.resolution,
        cj_strength=recipe.views.strength,
        gaussian_blur=recipe.views.blur,
        normalize=None,
    )
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002  # lightly's blur draws from it
    return lambda: torch.stack([view for photo in photos for view in transform(photo)])


if __name__ == "__main__":
    main()
