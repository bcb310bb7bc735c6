"""A model as the hub keeps it: ``model.safetensors``, ``config.json`` and a model card in one folder."""

import json
from collections.abc import Sequence
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.errors import UserError
from rs_core.weights.files.directory import MODEL_FILE
from rs_core.weights.hub_config import hub_config, why_not_timm
from rs_core.weights.model_card import model_card
from rs_core.weights.release import METADATA_KEY, PretrainedModel, save_model

WEIGHTS, CONFIG, CARD = MODEL_FILE, "config.json", "README.md"


def save_hub_folder(
    pretrained: PretrainedModel,
    folder: str | Path,
    run: Path | None = None,
    *,
    address: str = "",
    license: str = "",
    datasets: Sequence[str] = (),
) -> Path:
    """Write a folder that ``load_pretrained`` reads, and timm where it has the architecture.

    Then the tensors have timm's names, and ``timm.create_model("local-dir:FOLDER", pretrained=True)`` builds the
    same network with the same weights. A folder that this function wrote before is written anew, card included.

    Args:
        pretrained: the model.
        folder: where to write; it may exist if it is empty or a hub folder of ours.
        run: the run directory that the card's figures come from.
        address: what the card says to load the model with, if not the folder.
        license: the hub's id of a licence, such as ``apache-2.0``, for the card.
        datasets: the hub's ids of the data sets trained on, for the card.

    Raises:
        UserError: something else is in the folder, it cannot be written, or ``run`` is no run directory.
    """
    address, folder = address or str(folder), Path(folder)
    refuse_other_content(folder)
    card = model_card(pretrained, address, run=run, license=license, datasets=datasets)
    config = json.dumps(hub_config(pretrained), indent=2) + "\n"
    # The config first: it marks the folder as ours, also where writing the weights fails.
    write_text_atomically(folder / CONFIG, config)
    save_model(pretrained, folder / WEIGHTS, naming="rs_core" if why_not_timm(pretrained.model.config) else "timm")
    write_text_atomically(folder / CARD, card)
    return folder


def refuse_other_content(folder: Path) -> None:
    """Refuse a path that holds anything but a hub folder of ours.

    Raises:
        UserError: saying what to do.
    """
    if folder.is_dir():
        if is_hub_folder(folder) or not any(folder.iterdir()):
            return
    elif not folder.exists():
        return
    raise UserError(f"{folder}: there is something else; name a new or empty folder, or a hub folder of rs-core's")


def is_hub_folder(folder: Path) -> bool:
    """Say whether a folder was written by ``save_hub_folder``."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and METADATA_KEY in config
