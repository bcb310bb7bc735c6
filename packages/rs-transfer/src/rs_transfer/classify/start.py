"""Starting points: networks that were trained before, and the settings that come with them."""

from dataclasses import replace
from pathlib import Path

from rs_core.errors import UserError
from rs_core.models import ResNetConfig
from rs_core.train.run import CONFIG
from rs_core.weights.files.directory import MODEL_FILE
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_transfer.classify.config import ClassifyConfig


def load_starting_point(weights: str) -> tuple[PretrainedModel, ResNetConfig]:
    """Load a network of RGB images, and give its configuration as what it is.

    Args:
        weights: any source of ``load_pretrained``.

    Raises:
        UserError: a run that is not finished, other than a network of RGB images, or what ``load_pretrained`` raises.
    """
    path = Path(weights)
    if (path / CONFIG).is_file() and not (path / MODEL_FILE).is_file():
        raise UserError(f"{weights}: a run that has no {MODEL_FILE} yet; finish it, or give another starting point")
    pretrained = load_pretrained(weights)
    config = pretrained.model.config
    if not isinstance(config, ResNetConfig):
        raise UserError(f"{weights}: a network of clips; give one of images, such as a ResNet-RS")
    if config.in_channels != 3:
        raise UserError(f"{weights}: takes images of {config.in_channels} channels; give a network of RGB images")
    return pretrained, config


def starting_from(config: ClassifyConfig, weights: str) -> ClassifyConfig:
    """Give a config with the network of a starting point, as it was built, and with its input.

    Dropout, drop-path and the saving of memory stay those of the config.

    Raises:
        UserError: what ``load_starting_point`` raises.
    """
    pretrained, network = load_starting_point(weights)
    kept = {name: getattr(config.model, name) for name in ("dropout", "drop_path_rate", "activation_checkpointing")}
    return replace(
        config,
        initial_weights=weights,
        model=replace(network, **kept),
        resolution=pretrained.preprocessing.resolution,
        input=replace(pretrained.preprocessing, class_offset=0),
    )


def write_backbone(pretrained: PretrainedModel, weights: str, path: Path) -> None:
    """Write a starting point without its classifier; ``weights`` is what it was loaded from.

    Raises:
        UserError: the disk is full or not writable.
    """
    pretrained.model.replace_head(0)
    backbone = replace(
        pretrained,
        preprocessing=replace(pretrained.preprocessing, class_offset=0),
        class_names=(),
        origin=Origin(source=weights),
    )
    save_model(backbone, path)
