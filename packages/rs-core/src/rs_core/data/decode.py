"""From the bytes of an image file to RGB pixels."""

import io
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from rs_core.data.jpeg import jpeg_rows, jpeg_size
from rs_core.data.orientation import exif_orientation, turn_upright
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")

# What PIL's readers of these four formats raise on damaged bytes, besides the bomb errors.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)


class DecodeError(UnreadableSample):
    """The bytes of one sample are not a readable image."""


@dataclass(frozen=True, kw_only=True)
class DecodeConfig:
    """How files become pixels; the defaults are those of the released pipeline.

    Args:
        scaled_decoding: in training, decode a JPEG at a half, a quarter or an eighth of its size where the crop is
            still no smaller than the input of the model. It pays for large photos, and changes pixels: those crops
            differ by 3.5 grey levels on average and by up to 131. Of photos of 500 x 375 pixels, 15 % of the crops to
            160 px are concerned, for 8 % less time; to 64 px, 93 % and 25 %. Evaluation always decodes whole images.
        apply_exif_orientation: turn photos upright that say how the camera was held; the released pipeline
            (tensorflow/tpu:models/official/resnet/resnet_preprocessing.py) leaves them as they are. What the model was
            trained with travels with it, and counts when it is used.
        on_device: in training on a CUDA device, decode JPEGs there, by nvJPEG (needs torchvision), and leave workers no
            more than to read them; what nvJPEG does not take, workers decode. Its pixels are not those of the workers:
            see ``rs_core.data.device_decode``. Evaluation always decodes in workers.
    """

    scaled_decoding: bool = False
    apply_exif_orientation: bool = False
    on_device: bool = False

    def __post_init__(self) -> None:
        """Refuse what excludes each other."""
        if self.on_device and self.scaled_decoding:
            raise UserError("data.decode.on_device decodes whole images; leave out data.decode.scaled_decoding")


def decode_rgb(data: bytes, name: str, config: DecodeConfig = DecodeConfig()) -> Image.Image:
    """Decode a JPEG, PNG, WebP or BMP image to 8-bit RGB; ``name`` is used in messages only.

    The format is told from the bytes, not from the file's extension. Grey, palette and CMYK images
    become RGB; of 16 bits the upper 8 are kept. Alpha is dropped, not composited: TensorFlow's and
    torchvision's decoders do the same, so weights from elsewhere see the pixels they were trained on. Of an animation,
    the first frame is taken.

    Raises ``DecodeError`` if the bytes are truncated, damaged, of another format, or larger than
    ``PIL.Image.MAX_IMAGE_PIXELS`` (89 million pixels), which guards against decompression bombs.
    """
    return decode_image(data, lambda: name, config)


def decode_image(data: bytes, name: Callable[[], str], config: DecodeConfig) -> Image.Image:
    """Decode as ``decode_rgb`` does; ``name()`` is asked in case of an error only."""
    pixels = None
    if (size := jpeg_size(data)) is not None:
        refuse_bomb(*size, name)
        pixels = jpeg_rows(data, stop=size[0])
    image = Image.fromarray(pixels) if pixels is not None else load_rgb(open_image(data, name), name)
    if config.apply_exif_orientation and (orientation := exif_orientation(data)) != 1:
        image = Image.fromarray(turn_upright(np.array(image), orientation))
    return image


def open_image(data: bytes, name: Callable[[], str]) -> Image.Image:
    """Open an image of one of ``FORMATS`` with Pillow, which reads its header and no pixels.

    Raises:
        DecodeError: the header is damaged or of another format, or states too many pixels.
    """
    with _as_decode_error(len(data), name):
        return Image.open(io.BytesIO(data), formats=FORMATS)


def load_rgb(image: Image.Image, name: Callable[[], str]) -> Image.Image:
    """Decode an image that Pillow opened, and turn it into RGB.

    Raises:
        DecodeError: the pixels are truncated or damaged.
    """
    with _as_decode_error(0, name):
        image.load()
    if image.mode.startswith("I"):  # 16-bit grey PNG; convert() would clip it to 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    # A transparent palette entry has a colour as any other; left in, PIL warns about it.
    image.info.pop("transparency", None)
    return image.convert("RGB")


def refuse_bomb(height: int, width: int, name: Callable[[], str]) -> None:
    """Raise a ``DecodeError`` where Pillow would warn of a decompression bomb."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and height * width > limit:
        raise _bomb(name)


def _bomb(name: Callable[[], str]) -> DecodeError:
    return DecodeError(
        name(),
        f"more than {Image.MAX_IMAGE_PIXELS} pixels, which may be a decompression bomb",
        "make the image smaller or remove it from the data set",
    )


@contextmanager
def _as_decode_error(num_bytes: int, name: Callable[[], str]) -> Iterator[None]:
    """Turn what Pillow raises of a bad image into one line."""
    advice = "replace the file or remove it from the data set"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL's complaints about metadata, which is not used
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _bomb(name) from error
    except UnidentifiedImageError as error:
        raise DecodeError(name(), f"not a JPEG, PNG, WebP or BMP image ({num_bytes} bytes)", advice) from error
    except DAMAGED as error:
        reason = " ".join(str(error).split())
        raise DecodeError(name(), f"truncated or damaged image ({reason})", advice) from error
