"""Fine-tuning steps of mmdetection and mmsegmentation with our ResNet-50 and with their own, side by side in one run.

    python benchmarks/transfer_step_speed.py --json                       # writes transfer_step_speed_<hardware>.json
    python benchmarks/transfer_step_speed.py --device cuda --size 512 --batch-size 8 --json

Both networks are plain ResNet-50, so they have the same FLOPs; neck, heads, images and boxes are the same, and so are
the settings of our recipes (frozen parts, batch norm in eval mode for detection). A step is loss, backward pass and
SGD. The two are warmed up and then take turns; the ratio is their median over ours: above 1, ours is faster.
"""

import rs_transfer.mm  # comes before mmdet and mmseg

# isort: split
import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mmcv
import mmdet
import mmseg
import torch
from mmdet.registry import MODELS as DETECTORS
from mmdet.structures import DetDataSample
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData
from mmseg.registry import MODELS as SEGMENTERS
from mmseg.structures import SegDataSample
from record import describe_hardware, write_record
from torch import nn

from rs_core.memory import keep_freed_memory
from rs_transfer.detect.recipes import VOC0712
from rs_transfer.mm.start import open_start
from rs_transfer.segment.recipes import FCN_VOC

WARMUP = 2


def main() -> None:
    """Measure the rows, print each as it is done, and write them if asked."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()  # as training on a CPU does, here for both sides
    rows = {}
    for name, model, samples in (
        ("faster_rcnn", detector, boxes),
        *((f"{head}", segmenter(head), masks) for head in ("fcn", "upernet", "deeplabv3")),
    ):
        rows[name] = measure(model, samples, args)
        print(f"{name:12}", "  ".join(f"{key} {value}" for key, value in rows[name].items()), flush=True)
    if args.json:
        hardware = describe_hardware(
            gpu=torch.cuda.get_device_name() if args.device == "cuda" else None,
            mmcv=f"{mmcv.__version__}, {rs_transfer.mm.OPERATIONS}",
            mmdet=mmdet.__version__,
            mmseg=mmseg.__version__,
        )
        print(f"wrote {write_record(__file__, hardware, vars(args), rows)}")


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--size", type=int, default=256, help="height and width of the images in pixels")
    parser.add_argument("--batch-size", type=int, default=2)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=9, help="timed steps of each")
    parser.add_argument("--json", action="store_true", help="write benchmarks/transfer_step_speed_<hardware>.json")
    return parser.parse_args()


def detector(backbone: dict[str, Any] | None) -> nn.Module:
    """Build Faster R-CNN by our recipe, with another backbone if one is given."""
    start = open_start("", VOC0712.model, frozen_stages=VOC0712.frozen_stages, norm_eval=VOC0712.norm_eval)
    config = VOC0712.network(start)
    own = {"frozen_stages": VOC0712.frozen_stages, "norm_eval": VOC0712.norm_eval, "out_indices": (0, 1, 2, 3)}
    return build(DETECTORS, "mmdet", config | ({"backbone": backbone | own} if backbone else {}))


def segmenter(head: str) -> Callable[[dict[str, Any] | None], nn.Module]:
    """Give what builds a segmentation network by our recipe with one of its heads."""

    def make(backbone: dict[str, Any] | None) -> nn.Module:
        recipe = replace(FCN_VOC, head=head)
        config = recipe.network(open_start("", recipe.model, norm_eval=recipe.norm_eval))
        if backbone:
            dilated = config["backbone"].get("output_stride", 32) == 8
            strides = {"strides": (1, 2, 1, 1), "dilations": (1, 1, 2, 4)} if dilated else {}
            config |= {"backbone": backbone | strides | {"out_indices": (0, 1, 2, 3)}}
        return build(SEGMENTERS, "mmseg", config)

    return make


def build(registry: Any, scope: str, config: dict[str, Any]) -> nn.Module:
    """Build a model of mm* with random weights."""
    with DefaultScope.overwrite_default_scope(scope):
        model: nn.Module = registry.build(ConfigDict(config))
    return model


def boxes(args: argparse.Namespace) -> list[DetDataSample]:
    """Make three boxes for each image."""
    samples = []
    for _ in range(args.batch_size):
        sample = DetDataSample(metainfo=dict.fromkeys(("img_shape", "ori_shape", "pad_shape"), (args.size,) * 2))
        corners = torch.rand(3, 2) * args.size / 2
        corners = torch.cat([corners, corners + args.size / 4 + torch.rand(3, 2) * args.size / 4], 1)
        sample.gt_instances = InstanceData(bboxes=corners, labels=torch.randint(20, (3,)))
        samples.append(sample)
    return samples


def masks(args: argparse.Namespace) -> list[SegDataSample]:
    """Make a mask of 21 classes for each image."""
    samples = []
    for _ in range(args.batch_size):
        sample = SegDataSample(metainfo=dict.fromkeys(("img_shape", "ori_shape", "pad_shape"), (args.size,) * 2))
        sample.gt_sem_seg = PixelData(data=torch.randint(21, (1, args.size, args.size)))
        samples.append(sample)
    return samples


def measure(
    model: Callable[[dict[str, Any] | None], nn.Module],
    samples: Callable[[argparse.Namespace], list[Any]],
    args: argparse.Namespace,
) -> dict[str, float]:
    """Time the two in turns; seconds of the median step, and the ratio."""
    torch.manual_seed(0)
    batch = {
        "inputs": [torch.randint(256, (3, args.size, args.size), dtype=torch.uint8) for _ in range(args.batch_size)],
        "data_samples": samples(args),
    }
    theirs = {"type": "ResNet", "depth": 50, "num_stages": 4, "norm_cfg": {"type": "BN"}, "style": "pytorch"}
    steps = {"ours": step(model(None), batch, args.device), "theirs": step(model(theirs), batch, args.device)}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(WARMUP + args.repeats):
        for name in sorted(steps, reverse=bool(turn % 2)):
            taken = timed(steps[name], args.device)
            if turn >= WARMUP:
                seconds[name].append(taken)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    fastest = {name: min(values) for name, values in seconds.items()}
    return {
        "ours_s": round(medians["ours"], 4),
        "theirs_s": round(medians["theirs"], 4),
        "theirs_over_ours": round(medians["theirs"] / medians["ours"], 3),
        "of_fastest": round(fastest["theirs"] / fastest["ours"], 3),
    }


def step(model: nn.Module, batch: dict[str, Any], device: str) -> Callable[[], None]:
    """Give an optimiser step of a model."""
    model = model.to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

    def take() -> None:
        data = model.data_preprocessor(batch, training=True)  # type: ignore[operator]
        losses, _ = model.parse_losses(model(**data, mode="loss"))  # type: ignore[operator]
        losses.backward()
        optimizer.step()
        optimizer.zero_grad()

    return take


def timed(work: Callable[[], None], device: str) -> float:
    """Give the seconds that some work takes."""
    if device == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
