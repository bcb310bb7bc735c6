"""The five tasks of a comparison: how each is trained, and which of its figures the table shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rs_core.train.run import CONFIG, RunSettings
from rs_transfer.scenes import Scenes


@dataclass(frozen=True, kw_only=True)
class ComparedTask:
    """One row of the table.

    Args:
        title: in the table.
        unit: of the figure, which is better if larger.
        figure: its name in ``result.json``.
        root_field: the setting of ``CompareConfig`` that says where its data are.
        config: gives the config of a run from weights, root (empty for built-in data), seed and directory, device.
        job: does the run of a config, or goes on with it.
    """

    title: str
    unit: str
    figure: str
    root_field: str
    config: Callable[["Request"], RunSettings]
    job: Callable[[Any], object]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a run of a comparison is made from.

    Args:
        weights: the starting point, empty for random weights.
        root: folder of the data, empty for the built-in ones.
        scenes: where the built-in scenes are.
        seed: of the run.
        directory: of the run.
        device: to run on.
    """

    weights: str
    root: str
    scenes: Scenes
    seed: int
    directory: Path
    device: str


def cifar100(request: Request) -> RunSettings:
    """Fine-tuning on CIFAR-100, or on a few of the digits 5 to 9."""
    from rs_transfer.classify.run import classify_config  # noqa: PLC0415  # each task's imports take seconds

    config = classify_config(
        weights=request.weights, root=request.root, seed=request.seed, directory=str(request.directory)
    )
    return replace(config, run=replace(config.run, device=request.device))


def voc_detection(request: Request) -> RunSettings:
    """Faster R-CNN on VOC07+12, or on the scenes."""
    import rs_transfer.mm  # noqa: F401, PLC0415
    from rs_transfer.detect.recipes import ON_SCENES, VOC0712  # noqa: PLC0415

    return dense(VOC0712 if request.root else ON_SCENES, request, request.root or str(request.scenes.voc))


def voc_segmentation(request: Request) -> RunSettings:
    """Segmentation of VOC2012, or of the scenes."""
    import rs_transfer.mm  # noqa: F401, PLC0415
    from rs_transfer.segment.recipes import VOC, VOC_SCENES  # noqa: PLC0415

    return dense(VOC if request.root else VOC_SCENES, request, request.root or str(request.scenes.voc))


def ade20k(request: Request) -> RunSettings:
    """Segmentation of ADE20K, or of the scenes with their grounds."""
    import rs_transfer.mm  # noqa: F401, PLC0415
    from rs_transfer.segment.recipes import ADE, ADE_SCENES  # noqa: PLC0415

    return dense(ADE if request.root else ADE_SCENES, request, request.root or str(request.scenes.ade))


def nyu_depth(request: Request) -> RunSettings:
    """Depth of NYU Depth v2, or of the scenes."""
    import rs_transfer.mm  # noqa: F401, PLC0415
    from rs_transfer.depth.recipes import NYU, ON_SCENES  # noqa: PLC0415

    return dense(NYU if request.root else ON_SCENES, request, request.root or str(request.scenes.nyu))


def dense(recipe: Any, request: Request, root: str) -> RunSettings:
    """Give a recipe on the engine of mm* with the weights, data and machine of a request."""
    run = replace(recipe.run, directory=str(request.directory), seed=request.seed, device=request.device)
    config: RunSettings = replace(recipe, weights=request.weights, root=root, run=run)
    return config


def run_dense(config: Any) -> Path:
    """Train on the engine of mm*, or go on."""
    from rs_transfer.mm.run import fine_tune, resume  # noqa: PLC0415

    directory = Path(config.run.directory)
    return resume(directory, type(config)) if (directory / CONFIG).is_file() else fine_tune(config)


def run_classification(config: Any) -> Path:
    """Fine-tune a classifier, or go on."""
    from rs_transfer.classify.run import fine_tune_classifier  # noqa: PLC0415

    return fine_tune_classifier(config)


TASKS = {
    "cifar100": ComparedTask(
        title="classification",
        unit="top-1, %",
        figure="test/top1",
        root_field="cifar100_root",
        config=cifar100,
        job=run_classification,
    ),
    "voc_detection": ComparedTask(
        title="VOC detection",
        unit="AP at 0.5, %",
        figure="test/voc_ap50",
        root_field="voc_root",
        config=voc_detection,
        job=run_dense,
    ),
    "voc_segmentation": ComparedTask(
        title="VOC segmentation",
        unit="mIoU, %",
        figure="test/miou",
        root_field="voc_root",
        config=voc_segmentation,
        job=run_dense,
    ),
    "ade20k": ComparedTask(
        title="ADE segmentation",
        unit="mIoU, %",
        figure="test/miou",
        root_field="ade_root",
        config=ade20k,
        job=run_dense,
    ),
    "nyu_depth": ComparedTask(
        title="depth",
        unit="δ < 1.25, %",
        figure="test/delta1",
        root_field="nyu_root",
        config=nyu_depth,
        job=run_dense,
    ),
}
