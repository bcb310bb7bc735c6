"""Files with random damage are read or refused; none crashes a worker or holds it up."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

NUM_FILES = 300

# A program of its own: a crash of a decoder would end the tests.
PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from rs_core.data.skips import UnreadableSample
from rs_video.decode import open_video

path, decoder, num_files = sys.argv[1:]
whole, rng, num_read = Path(path).read_bytes(), np.random.default_rng(0), 0
index = whole.rindex(b"moov")
for number in range(int(num_files)):
    data = bytearray(whole)
    way = number % 4
    start = int(rng.integers(len(data)) if way < 2 else rng.integers(index, len(data)))
    if way == 0:
        del data[start:]
    elif way == 1:
        data[start : start + 8] = rng.bytes(8)
    elif way == 2:
        data[start] = int(rng.integers(256))
    else:
        del data[start : start + int(rng.integers(1, 40))]
    try:
        with open_video(bytes(data), lambda: "video", decoder) as reader:
            reader.read(np.arange(len(reader.frame_times))[:60:7])
        num_read += 1
    except UnreadableSample as refusal:
        assert "\\n" not in str(refusal) and len(str(refusal)) < 400
print(num_read)
"""


def test_damaged_files_are_read_or_refused(make_video, decoder, tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(make_video("groups of 12"))
    command = [sys.executable, "-c", PROGRAM, str(path), decoder, str(NUM_FILES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    # Neither all nor none: the damage reaches both what matters and what does not.
    assert 0.02 * NUM_FILES < int(done.stdout) < 0.9 * NUM_FILES
