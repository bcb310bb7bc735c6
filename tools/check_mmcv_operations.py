"""Compare the operations that torchvision serves with mmcv's own, compiled from its sources.

    hatch run transfer:python tools/check_mmcv_operations.py mmcv-2.1.0.tar.gz

The file is the source distribution of mmcv on PyPI. Compiles its NMS and RoI align, forward and backward, for CPUs,
in minutes, with a C++ compiler and ninja; calls both on random boxes and features, and prints the largest
differences. Exit code 1 where one is larger than rounding.
"""

import argparse
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.cpp_extension import load

from rs_transfer.mm import operations

SOURCES = ("nms.cpp", "roi_align.cpp", "cpu/nms.cpp", "cpu/roi_align.cpp")
# Sums over the samples of a bin may be taken in another order.
ROUNDING = 2e-5

BINDING = """
#include <torch/extension.h>
using at::Tensor;
Tensor nms(Tensor, Tensor, float, int);
void roi_align_forward(Tensor, Tensor, Tensor, Tensor, Tensor, int, int, float, int, int, bool);
void roi_align_backward(Tensor, Tensor, Tensor, Tensor, Tensor, int, int, float, int, int, bool);
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("nms", &nms);
  m.def("roi_align_forward", &roi_align_forward);
  m.def("roi_align_backward", &roi_align_backward);
}
"""


def main() -> None:
    """Compile, compare, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="mmcv-2.1.0.tar.gz")
    parser.add_argument("--cases", type=int, default=200, help="random inputs of each operation")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        theirs = compile_operations(args.source, Path(scratch))
        num_other_boxes = sum(boxes_kept_by_one(theirs, case) for case in range(args.cases))
        differences = torch.tensor([pooling_differences(theirs, case) for case in range(args.cases)])
    forward, backward = differences.amax(0).tolist()
    print(f"NMS: {args.cases} cases, {num_other_boxes} in which other boxes stay or their order differs")
    print(f"RoI align: {args.cases} cases, largest difference forward {forward:.1e}, backward {backward:.1e}")
    sys.exit(int(num_other_boxes > 0 or max(forward, backward) > ROUNDING))


def compile_operations(source: Path, scratch: Path) -> Any:
    """Compile mmcv's kernels with a binding of their own."""
    with tarfile.open(source) as archive:
        archive.extractall(scratch, filter="data")
    csrc = next(scratch.glob("mmcv-*/mmcv/ops/csrc"))
    # Names of objects come from those of files, of which two pairs are alike.
    files = {f"file{number}.cpp": f'#include "pytorch/{name}"\n' for number, name in enumerate(SOURCES)}
    files["binding.cpp"] = BINDING
    for name, text in files.items():
        (scratch / name).write_text(text)
    return load(
        "mmcv_operations",
        [str(scratch / name) for name in files],
        extra_include_paths=[str(csrc), str(csrc / "common")],  # as mmcv's setup.py has them
        build_directory=str(scratch),
    )


def boxes_kept_by_one(theirs: Any, case: int) -> bool:
    """Tell whether the two keep other boxes of a random set, half of it near-duplicates of the other."""
    generator = torch.Generator().manual_seed(case)
    corners = 200 * torch.rand(150, 2, generator=generator)
    boxes = torch.cat([corners, corners + 1 + 60 * torch.rand(150, 2, generator=generator)], 1)
    boxes = torch.cat([boxes, boxes + 6 * torch.rand(150, 4, generator=generator)])
    scores = torch.rand(len(boxes), generator=generator)
    threshold, offset = 0.3 + 0.1 * (case % 5), case % 2
    ours = operations.nms(boxes, scores, iou_threshold=threshold, offset=offset)
    return not torch.equal(ours, theirs.nms(boxes, scores, threshold, offset))


def pooling_differences(theirs: Any, case: int) -> tuple[float, float]:
    """Return the largest differences of pooled features and of their gradients, on a random map and random boxes."""
    generator = torch.Generator().manual_seed(case)
    features = torch.randn(2, 5, 23, 31, generator=generator)
    corners = torch.rand(20, 2, generator=generator) * 150 - 20  # some begin outside
    sizes = torch.rand(20, 2, generator=generator) * 120
    rois = torch.cat([torch.randint(2, (20, 1), generator=generator).float(), corners, corners + sizes], 1)
    how = {
        "aligned_height": 7,
        "aligned_width": 5 + case % 3,
        "spatial_scale": 0.25,
        "sampling_ratio": case % 3,
        "pool_mode": operations.POOL_MODES.index("avg"),
        "aligned": case % 2 == 0,
    }
    pooled = [torch.zeros(20, 5, 7, 5 + case % 3) for _ in range(2)]
    slope = torch.randn(pooled[0].shape, generator=generator)
    gradients = [torch.zeros_like(features) for _ in range(2)]
    none = torch.zeros(0)
    operations.roi_align_forward(features, rois, pooled[0], none, none, **how)
    theirs.roi_align_forward(features, rois, pooled[1], none, none, *how.values())
    operations.roi_align_backward(slope, rois, none, none, gradients[0], **how)
    theirs.roi_align_backward(slope, rois, none, none, gradients[1], *how.values())
    return distance(*pooled), distance(*gradients)


def distance(one: Tensor, other: Tensor) -> float:
    """Return the largest difference."""
    return float((one - other).abs().max())


if __name__ == "__main__":
    main()
