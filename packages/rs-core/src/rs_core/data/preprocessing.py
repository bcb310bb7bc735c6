"""What must be done to an image before a model sees it; it travels with the weights."""

import math
from dataclasses import dataclass

import torch
from PIL import Image, ImageOps
from torch import Tensor

from rs_core.choices import check_choices
from rs_core.data.crop import CENTRE_FRACTION, Box, CropRule, centre_box, centre_crop_box, short_edge_size
from rs_core.data.resize import Pixels, Resize, crop_and_resize
from rs_core.errors import UserError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

BACKGROUND = "background"

# Twenty times what published models take; a network at more would fill the memory.
MAX_RESOLUTION = 8192


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """The input of a model, and which of its logits belongs to which class.

    The defaults are those of the models that rs-core trains.

    Args:
        resolution: height and width in pixels.
        mean: of each RGB channel, on the scale where white is 1; 0 with ``std`` 1 for inputs in [0, 1].
        std: likewise.
        crop_rule: "tf1", "tf2" and "simclr" crop the original image and resize the crop (``centre_crop_box``);
            "resize_first" brings the short edge to ``floor(resolution / crop_fraction)`` and then crops, as timm and
            torchvision do.
        crop_fraction: share of the short edge that the crop keeps, in (0, 1].
        resize: PIL's "pil_bicubic" or "pil_bilinear", or exactly as TensorFlow, "tf1_bicubic" (the checkpoints of
            tensorflow/tpu), "tf1_bicubic_clipped" (SimCLR) or "tf2_bilinear" (Model Garden).
        class_offset: the logit of label ``i`` is ``i + class_offset``; 1 where logit 0 is a background class that no
            image is labelled with, else 0.
        apply_exif_orientation: photos are turned upright first, where they say how the camera was held.

    Raises:
        UserError: a value out of its range.
    """

    resolution: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    crop_rule: CropRule = "tf1"
    crop_fraction: float = CENTRE_FRACTION
    resize: Resize = "pil_bicubic"
    class_offset: int = 0
    apply_exif_orientation: bool = False

    def __post_init__(self) -> None:
        check_choices(self)
        if not 1 <= self.resolution <= MAX_RESOLUTION:
            raise UserError(f"resolution={self.resolution}: give 1 to {MAX_RESOLUTION} pixels")
        if len(self.mean) != 3 or not all(map(math.isfinite, self.mean)):
            raise UserError(f"mean={self.mean}: give three finite numbers, on the scale where white is 1")
        if len(self.std) != 3 or not all(0 < std < math.inf for std in self.std):
            raise UserError(f"std={self.std}: give three positive numbers, on the scale where white is 1")
        if not 0 < self.crop_fraction <= 1:
            raise UserError(f"crop_fraction={self.crop_fraction}: give a share of the short edge, in (0, 1]")
        if self.class_offset not in (0, 1):
            raise UserError(f"class_offset={self.class_offset}: give 1 if the first logit is the background, else 0")

    def logit_indices(self, labels: Tensor) -> Tensor:
        """Return which logit each label belongs to."""
        return labels + self.class_offset

    def logit_names(self, class_names: tuple[str, ...]) -> tuple[str, ...]:
        """Return a name for each logit, given those of the classes.

        >>> Preprocessing(resolution=224, class_offset=1).logit_names(("tench", "goldfish"))
        ('background', 'tench', 'goldfish')
        """
        return (BACKGROUND,) * self.class_offset + class_names


def evaluation_pixels(image: Image.Image, preprocessing: Preprocessing) -> Pixels:
    """Crop and resize an RGB image for a model: [resolution, resolution, 3] on the scale where white is 255.

    A photo to be turned upright must have been: ``decode_image`` does that.

    uint8 with PIL's filters, and float32 with TensorFlow's kernels, which do not round. The rest is
    ``normalize``.

    They equal the release's to the last bit if the decoded image does, SimCLR's up to float32 rounding. TensorFlow
    decodes JPEG with the fast integer DCT unless told otherwise, PIL and so ``decode_rgb`` with the accurate one: on
    photos 1 grey level apart on average and up to 24. Pillow cannot be told to use the fast one alone: its only switch,
    which is not public, also turns off the smooth upsampling of colour, which TensorFlow keeps.
    """
    resolution = preprocessing.resolution
    if preprocessing.crop_rule == "resize_first":
        size = short_edge_size(image.height, image.width, math.floor(resolution / preprocessing.crop_fraction))
        resized = crop_and_resize(image, Box(0, 0, image.height, image.width), size, preprocessing.resize)
        box = centre_box(*size, resolution)
        return resized[box.y : box.y + box.h, box.x : box.x + box.w]
    box = centre_crop_box(image.height, image.width, resolution, preprocessing.crop_rule, preprocessing.crop_fraction)
    return crop_and_resize(image, box, (resolution, resolution), preprocessing.resize)


def prepare_image(image: Image.Image, preprocessing: Preprocessing) -> Tensor:
    """Crop, resize and normalise an image for a model: float32 [3, resolution, resolution].

    If photos are to be turned upright, one that Pillow opened is.

    >>> from PIL import Image, ImageOps
    >>> prepare_image(Image.new("RGB", (500, 375)), Preprocessing(resolution=160)).shape
    torch.Size([3, 160, 160])
    """
    if preprocessing.apply_exif_orientation:
        image = ImageOps.exif_transpose(image)
    pixels = torch.tensor(evaluation_pixels(image.convert("RGB"), preprocessing)).permute(2, 0, 1)
    return normalize(pixels[None], preprocessing.mean, preprocessing.std)[0]


def normalize(images: Tensor, mean: tuple[float, float, float], std: tuple[float, float, float]) -> Tensor:
    """Return images [N, 3, H, W] as float32, ``(image - 255 * mean) / (255 * std)`` per channel.

    ``images`` are uint8, or float32 on the same scale; ``mean`` and ``std`` are on the scale where white is 1. The
    memory format is kept.
    """
    shape = (1, 3, 1, 1)
    mean_255 = torch.tensor(mean, device=images.device).view(shape) * 255
    std_255 = torch.tensor(std, device=images.device).view(shape) * 255
    return images.to(torch.float32, copy=True).sub_(mean_255).div_(std_255)
