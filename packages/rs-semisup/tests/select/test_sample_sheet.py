"""Sheets of images, whatever their names and state."""

import io

import numpy as np
import pytest
from PIL import Image

from rs_core.data.decode import DecodeConfig
from rs_core.data.index import ByteColumn, SampleIndex
from rs_core.data.index.in_memory import Blobs
from rs_semisup.select.sample_sheet import NUM_IMAGES, draw_sheet


def png(colour, size=(40, 30)):
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, format="PNG")
    return stream.getvalue()


def index_of(images, names):
    source = Blobs(ByteColumn.pack(images), ByteColumn.pack([b"some image"] * len(images)))
    columns = {"confidence": np.linspace(1, 0.3, len(images), dtype=np.float32)}
    return SampleIndex(source, np.arange(len(images)) % len(names), names, columns)


def colours_of(path):
    with Image.open(path) as image:
        assert image.size == (1280, 800)
        return {colour for _, colour in image.convert("RGB").getcolors(2**20)}


@pytest.mark.filterwarnings("error:Glyph")
def test_images_are_there_and_what_cannot_be_read_is_not_in_the_way(tmp_path):
    index = index_of(
        [png("red"), b"no image", png("blue", (3, 500))], ("$x^2", "a name that is longer than a place", "猫")
    )
    draw_sheet(index, np.arange(3), DecodeConfig(), tmp_path / "sheet.png")
    assert {(255, 0, 0), (0, 0, 255)} <= colours_of(tmp_path / "sheet.png")


def test_a_full_sheet_shows_every_image(tmp_path):
    shades = [(200, 8 * place, 50) for place in range(NUM_IMAGES)]
    index = index_of([png(shade) for shade in shades], ("a",))
    draw_sheet(index, np.arange(NUM_IMAGES), DecodeConfig(), tmp_path / "sheet.png")
    assert set(shades) <= colours_of(tmp_path / "sheet.png")
