"""Images re-encoded with fewer pixels, for shards that are decoded faster and take less room."""

import io

from PIL import Image

from rs_core.data.decode import DecodeError, decode_rgb

ORIENTATION = 0x0112  # the tag of EXIF


def shrink(data: bytes, name: str, short_side: int, quality: int) -> bytes | None:
    """Return an image with a short side of ``short_side`` pixels as JPEG; ``data`` itself if it has no more.

    The long side is rounded. Resized with Lanczos' filter, antialiased; how the camera was held stays noted. ``None``
    if ``data`` cannot be decoded; ``name`` is used in messages only.
    """
    try:
        image = decode_rgb(data, name)
    except DecodeError:
        return None
    shorter = min(image.size)
    if shorter <= short_side:
        return data
    width, height = (max(short_side, round(side * short_side / shorter)) for side in image.size)
    stream = io.BytesIO()
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    small.save(stream, format="JPEG", quality=quality, exif=_orientation(data))
    return stream.getvalue()


def _orientation(data: bytes) -> Image.Exif:
    """Return the EXIF of an image that can be decoded, reduced to how the camera was held."""
    exif = Image.Exif()
    with Image.open(io.BytesIO(data)) as image:
        found = image.getexif().get(ORIENTATION, 1)
    if found != 1:
        exif[ORIENTATION] = found
    return exif
