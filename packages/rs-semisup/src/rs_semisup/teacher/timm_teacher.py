"""Networks of timm as teachers, fed as timm's own validation feeds them (timm:validate.py, timm/data)."""

from pathlib import Path
from types import ModuleType
from typing import Any

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError, nearest
from rs_core.weights.check import load_weights
from rs_core.weights.files import TensorFile, open_tensors
from rs_core.weights.pretrained import default_class_names, refuse_bad_weights
from rs_semisup.teacher.teacher import Teacher

TIMM = "timm:"

# What counts the batches of a batch norm; older files lack it, and in eval mode nothing reads it.
COUNTER = "num_batches_tracked"


def load_timm_teacher(name: str, checkpoint: str = "") -> Teacher:
    """Load ``timm:NAME`` with the weights of a checkpoint, or with those that timm publishes.

    Raises:
        UserError: timm is not installed or has no such network, the weights cannot be read or do not fit, or timm
            prepares images for this network in a way that we cannot.
    """
    timm = import_timm(name)
    architecture = name.removeprefix(TIMM)
    if not timm.is_model(architecture):
        raise UserError(f"{name}: timm has no such network{nearest(architecture, timm.list_models())}")
    model = built(timm, architecture, checkpoint) if checkpoint else published(timm, architecture)
    if not model.num_classes:
        raise UserError(f"{name}: a backbone without a classifier; give a network that has one")
    return Teacher(
        name=f"{name} ({checkpoint})" if checkpoint else name,
        architecture=name.partition(".")[0],
        model=model.eval(),
        preprocessing=preprocessing_of(timm.data.resolve_model_data_config(model, use_test_size=True), name),
        class_names=default_class_names(model.num_classes),
    )


def import_timm(wanted_by: str) -> ModuleType:
    """Import timm, which the extra of that name brings.

    Raises:
        UserError: it is not installed.
    """
    try:
        # No other teacher needs it.
        import timm  # noqa: PLC0415
    except ModuleNotFoundError:
        raise UserError(f"{wanted_by} needs timm, which is not installed: pip install 'rs-semisup[timm]'") from None
    module: ModuleType = timm
    return module


def built(timm: ModuleType, architecture: str, checkpoint: str) -> Any:
    """Build a network with as many classes as a checkpoint has, and load it.

    Raises:
        UserError: the file cannot be read, or does not fit the network.
    """
    weights = open_tensors(Path(checkpoint))
    model = timm.create_model(architecture, num_classes=count_classes(timm, architecture, weights))
    counters = {key: value for key, value in model.state_dict().items() if key.endswith(COUNTER)}
    load_weights(model, counters | dict(weights), checkpoint)
    refuse_bad_weights(model, checkpoint)
    return model


def count_classes(timm: ModuleType, architecture: str, weights: TensorFile) -> int:
    """Count the classes of a checkpoint by its classifier; where that has another name, loading will say so."""
    config = timm.get_pretrained_cfg(architecture)
    names = [config.classifier] if isinstance(config.classifier, str) else list(config.classifier or [])
    shapes = [weights.shapes[f"{name}.weight"] for name in names if f"{name}.weight" in weights.shapes]
    return int(shapes[0][0]) if shapes else int(config.num_classes)


def published(timm: ModuleType, architecture: str) -> Any:
    """Let timm build a network and load the weights that it publishes, from its cache or the hub.

    Raises:
        UserError: there are none, or they cannot be had.
    """
    try:
        return timm.create_model(architecture, pretrained=True)
    except (RuntimeError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{TIMM}{architecture}: its published weights cannot be had ({reason[:200]}); "
            "give weights with --teacher_checkpoint"
        ) from error


def preprocessing_of(config: dict[str, Any], name: str) -> Preprocessing:
    """Turn timm's data config into ours: the short edge to ``resolution / crop_pct``, then the middle square.

    Raises:
        UserError: another crop or filter, or images that are not square and RGB.
    """
    channels, height, width = config["input_size"]
    wanted = {
        "input_size": channels == 3 and height == width,
        "crop_mode": config["crop_mode"] == "center",
        "interpolation": config["interpolation"] in ("bicubic", "bilinear"),
    }
    for key, possible in wanted.items():
        if not possible:
            raise UserError(f"{name}: timm feeds it with {key}={config[key]}, which is not possible here; give another")
    return Preprocessing(
        resolution=height,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop_rule="resize_first",
        crop_fraction=config["crop_pct"],
        resize="pil_bicubic" if config["interpolation"] == "bicubic" else "pil_bilinear",
    )
