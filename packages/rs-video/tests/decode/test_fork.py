"""Decoding in a process and then in workers that it forks does not hang."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

# A program of its own, so that a hang can be ended, and no other test has threads in the process that forks.
PROGRAM = """
import gc, sys
import numpy as np, torch
from rs_video.decode import open_video

path, decoder, how = sys.argv[1:]
data = open(path, "rb").read()

class Clips(torch.utils.data.Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, number):
        with open_video(data, lambda: "video", decoder) as reader:
            return torch.from_numpy(reader.read(np.arange(number, number + 20, 3)))

def clips():
    loader = torch.utils.data.DataLoader(
        Clips(), batch_size=2, num_workers=2, timeout=60, multiprocessing_context="fork",
        worker_init_fn=lambda worker: gc.collect(),
    )
    return [clip for batch in loader for clip in batch]

with open_video(data, lambda: "video", decoder) as reader:
    truth = torch.from_numpy(reader.read(np.arange(33)))
reader = open_video(data, lambda: "video", decoder)
reader.read(np.arange(10))
if how == "closed":
    reader.close()
if how == "dropped":
    del reader
    gc.collect()
if how == "left to the workers to collect":
    gc.disable()
    ring = [reader]
    ring.append(ring)
    del reader, ring
for number, clip in enumerate(clips()):
    assert torch.equal(clip, truth[number : number + 20 : 3])
print("done")
"""


@pytest.mark.parametrize("how", ["closed", "dropped", "left open", "left to the workers to collect"])
def test_workers_decode_after_their_parent_did(make_video, decoder, how, tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(make_video("groups of 12"))
    command = [sys.executable, "-c", PROGRAM, str(path), decoder, how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.stdout == "done\n", done.stderr
