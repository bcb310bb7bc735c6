"""From the bytes of an image file to RGB pixels."""

import io
import struct
import warnings

import numpy as np
from PIL import Image, UnidentifiedImageError

from rs_core.errors import UserError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")

# What PIL's readers of these four formats raise on damaged bytes, besides the bomb errors.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)


class DecodeError(UserError):
    """The bytes of one sample are not a readable image."""


def decode_rgb(data: bytes, name: str) -> Image.Image:
    """Decode a JPEG, PNG, WebP or BMP image to 8-bit RGB; ``name`` is used in messages only.

    The format is told from the bytes, not from the file's extension. Grey, palette and CMYK images
    become RGB; of 16 bits the upper 8 are kept. Alpha is dropped, not composited: TensorFlow's and
    torchvision's decoders do the same, so weights from elsewhere see the pixels they were trained on.
    For that reason too the EXIF orientation is not applied: the released pipeline
    (tensorflow/tpu:models/official/resnet/resnet_preprocessing.py) ignores it. Of an animation, the first
    frame is taken.

    Raises ``DecodeError`` if the bytes are truncated, damaged, of another format, or larger than
    ``PIL.Image.MAX_IMAGE_PIXELS`` (89 million pixels), which guards against decompression bombs.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL's complaints about metadata, which is not used
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DecodeError(
            f"{name}: more than {Image.MAX_IMAGE_PIXELS} pixels, which may be a decompression bomb; "
            "make the image smaller or remove it from the data set"
        ) from error
    except UnidentifiedImageError as error:
        raise DecodeError(
            f"{name}: not a JPEG, PNG, WebP or BMP image ({len(data)} bytes); "
            "replace the file or remove it from the data set"
        ) from error
    except DAMAGED as error:
        reason = " ".join(str(error).split())
        raise DecodeError(
            f"{name}: truncated or damaged image ({reason}); replace the file or remove it from the data set"
        ) from error
    return _to_rgb(image)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey PNG; convert() would clip it to 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    # A transparent palette entry has a colour as any other; left in, PIL warns about it.
    image.info.pop("transparency", None)
    return image.convert("RGB")
