"""Opening thousands of videos costs no memory."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

MAX_GROWTH_MB = 16

PROGRAM = """
import os, sys
from pathlib import Path
import numpy as np
from rs_video.decode import open_video

path, decoder = sys.argv[1:]

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

for number in range(1, 2001):
    with open_video(Path(path), lambda: "video", decoder) as reader:
        reader.read(np.array([3, 20]))
    if number == 200:
        before = resident_mb()
print(resident_mb() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_flat_from_200_opened_videos_to_2000(make_video, decoder, tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(make_video("groups of 12"))
    command = [sys.executable, "-c", PROGRAM, str(path), decoder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < MAX_GROWTH_MB
