"""Damaged images: whatever the bytes, an image or one line, soon and within bounds of memory."""

import subprocess
import sys

# In a process of its own, so that a crash is a failure and not the end of the tests. The process limits itself: an
# image may take 10 seconds, and all together 2 GiB of memory beyond what the imports take.
PROGRAM = r'''
import faulthandler, io, resource, signal, sys
import numpy as np
from PIL import Image
from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.decode import DecodeConfig, DecodeError, decode_rgb
from rs_core.data.decode_crop import decode_crop

SECONDS = 10
seed, count = map(int, sys.argv[1:])
rng = np.random.default_rng(seed)


def encode(image, format, **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def originals():
    smooth = Image.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8)).resize((89, 67), 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield from (encode(smooth, "JPEG", subsampling=way) for way in ("4:4:4", "4:2:2", "4:2:0"))
    yield from (encode(smooth.convert(mode), "JPEG") for mode in ("L", "CMYK"))
    yield encode(smooth, "JPEG", progressive=True, exif=exif.tobytes())
    yield encode(smooth, "JPEG", restart_marker_blocks=3, optimize=True)
    yield from (encode(smooth.convert(mode), "PNG") for mode in ("RGB", "L", "P", "RGBA", "I;16"))
    yield from (encode(smooth, "WEBP", lossless=lossless) for lossless in (True, False))
    yield from (encode(smooth.convert(mode), "BMP") for mode in ("RGB", "L", "1"))


def mutated(data):
    """Return the bytes with a few changed, cut, repeated or moved; half of the places are in the header."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 9)):
        place = int(rng.integers(min(len(changed), 700) if rng.random() < 0.5 else len(changed)))
        length = int(rng.integers(1, 40))
        match rng.integers(6):
            case 0:
                changed[place] = rng.integers(256)
            case 1:
                changed[place] ^= 1 << int(rng.integers(8))
            case 2:
                changed[place : place + 2] = rng.choice([b"\xff\xff", b"\x7f\xff", b"\xff\xda"])
            case 3:
                del changed[place : place + length]
            case 4:
                changed[place:place] = changed[place : place + length]
            case 5:
                del changed[max(place, 20) :]
        if len(changed) < 4:
            return bytes(changed)
    return bytes(changed)


def choose_box(height, width):
    return random_crop_box(height, width, RandomCropConfig(), rng)


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


faulthandler.enable()
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a hang in C code cannot be interrupted, but ended
sources, before, num_read = list(originals()), memory(), 0
for number in range(count):
    data = mutated(sources[number % len(sources)])
    config = DecodeConfig(scaled_decoding=number % 3 == 0, apply_exif_orientation=number % 2 == 0)
    signal.alarm(SECONDS)
    for decode in (
        lambda: decode_crop(data, choose_box, lambda: "image", config, 16),
        lambda: np.asarray(decode_rgb(data, "image", config)),
    ):
        try:
            pixels = decode()
        except DecodeError as error:
            assert str(error).startswith("image: ") and "\n" not in str(error), repr(str(error))
        else:
            assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.size > 0
            num_read += 1
    signal.alarm(0)
    assert memory() - before < 2, f"{memory() - before:.1f} GiB"
print(f"{num_read} of {2 * count} readable, {memory() - before:.2f} GiB")
'''


def test_ten_thousand_mutated_images_are_read_or_refused_in_one_line():
    command = [sys.executable, "-c", PROGRAM, "0", "10000"]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert outcome.returncode == 0, outcome.stderr
    num_read = int(outcome.stdout.split()[0])
    assert 1000 < num_read < 19_000  # both kinds were met
