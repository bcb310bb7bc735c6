"""The five tasks of a comparison: how each is trained, and which of its figures the table shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rs_core.models import image_model_config
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
        config: gives the config of a run.
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
        model: the network of random weights, on data of the user's.
        root: folder of the data, empty for the built-in ones.
        scenes: where the built-in scenes are.
        seed: of the run.
        directory: of the run.
        device: to run on.
    """

    weights: str
    model: str
    root: str
    scenes: Scenes
    seed: int
    directory: Path
    device: str


def cifar100(request: Request) -> RunSettings:
    """Fine-tuning on CIFAR-100, or on a few of the digits 5 to 9."""
    from rs_transfer.classify.protocol import classify_config, get_protocol  # noqa: PLC0415  # imports take seconds
    from rs_transfer.classify.start import starting_from  # noqa: PLC0415

    directory = str(request.directory)
    if not request.root:
        config = classify_config(request.weights, "", request.seed, directory)
        return replace(config, run=replace(config.run, device=request.device))
    config = get_protocol("fine_tuning" if request.weights else "from_random")
    config = replace(
        config,
        data=replace(config.data, root=request.root),
        run=replace(config.run, seed=request.seed, directory=directory, device=request.device),
    )
    if request.weights:
        return starting_from(config, request.weights)
    return replace(config, model=image_model_config(request.model, num_classes=config.model.num_classes))


def voc_detection(request: Request) -> RunSettings:
    """Faster R-CNN on VOC07+12, or on the scenes."""
    from rs_transfer.detect.recipes import ON_SCENES, VOC0712  # noqa: PLC0415

    return dense(VOC0712, ON_SCENES, request)


def voc_segmentation(request: Request) -> RunSettings:
    """Segmentation of VOC2012, or of the scenes."""
    from rs_transfer.segment.recipes import FCN_SCENES_VOC, FCN_VOC  # noqa: PLC0415

    return dense(FCN_VOC, FCN_SCENES_VOC, request)


def ade20k(request: Request) -> RunSettings:
    """Segmentation of ADE20K, or of the scenes with their grounds."""
    from rs_transfer.segment.recipes import FCN_ADE, FCN_SCENES_ADE  # noqa: PLC0415

    return dense(FCN_ADE, FCN_SCENES_ADE, request)


def nyu_depth(request: Request) -> RunSettings:
    """Depth of NYU Depth v2, or of the scenes."""
    from rs_transfer.depth.recipes import TOP_DOWN_NYU, TOP_DOWN_SCENES  # noqa: PLC0415

    return dense(TOP_DOWN_NYU, TOP_DOWN_SCENES, request)


def dense(real: Any, built_in: Any, request: Request) -> RunSettings:
    """Give a recipe on the engine of mm* with the weights, data, network and machine of a request."""
    if request.root:
        recipe = replace(real, root=request.root, model=image_model_config(request.model))
    else:
        recipe = built_in.on(request.scenes)
    run = replace(recipe.run, directory=str(request.directory), seed=request.seed, device=request.device)
    config: RunSettings = replace(recipe, weights=request.weights, run=run)
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
