"""Agreeing on what the predictions in a folder are: whoever comes first decides, and others fit in or are refused."""

import json
from pathlib import Path
from typing import cast

from rs_core.atomic import write_text_atomically
from rs_core.data.index.fingerprint import fingerprint
from rs_core.data.index.layout import Description
from rs_core.errors import UserError
from rs_core.train.precision import Machine, Precision
from rs_semisup.label.claims import Claims
from rs_semisup.label.config import LabelConfig
from rs_semisup.predictions.layout import CLAIMS, MANIFEST, Manifest
from rs_semisup.predictions.store import Predictions, open_predictions
from rs_semisup.teacher.teacher import Teacher, teacher_fingerprint

# Settings that anybody can put back as they were.
SETTINGS = ("top_k", "range_rows", "batch_size", "precision", "perceptual_hash")


def manifest_of(config: LabelConfig, description: Description, teacher: Teacher, machine: Machine) -> Manifest:
    """Give the manifest of what a process is about to do; ``auto`` becomes what it means on its machine."""
    num_classes = len(teacher.class_names)
    return Manifest(
        index=fingerprint(description),
        num_rows=description.num_rows,
        teacher=teacher.name,
        teacher_fingerprint=teacher_fingerprint(teacher),
        class_names=teacher.class_names,
        preprocessing=teacher.preprocessing,
        top_k=min(config.top_k or num_classes, num_classes),
        range_rows=config.range_rows,
        batch_size=config.batch_size,
        precision=cast("Precision", str(machine.dtype).removeprefix("torch.")),
        perceptual_hash=config.perceptual_hash,
    )


def begin_or_join(directory: Path, manifest: Manifest, claims: Claims) -> Predictions:
    """Write the manifest into a folder that has none, or see that the one that is there says the same.

    Raises:
        UserError: it says something else, named; there are other files in the folder; or it cannot be written.
    """
    with claims.alone():
        if not (directory / MANIFEST).exists():
            refuse_other_content(directory)
            write_text_atomically(directory / MANIFEST, json.dumps(manifest.to_json(), indent=1, ensure_ascii=False))
        predictions = open_predictions(directory)
    refuse_another(predictions, manifest)
    return predictions


def refuse_other_content(directory: Path) -> None:
    """Refuse a folder that holds something else, or files of ranges without a word on what they are.

    Raises:
        UserError: naming the first.
    """
    others = sorted(path.name for path in directory.iterdir() if path.name != CLAIMS and not path.name.startswith("."))
    if others:
        raise UserError(f"{directory}: holds {others[0]} and no predictions; label into a new or empty folder")


def refuse_another(predictions: Predictions, wanted: Manifest) -> None:
    """Refuse to add to predictions of another index, of another teacher, or made in another way.

    Raises:
        UserError: naming what differs.
    """
    where, begun = predictions.directory, predictions.manifest
    if begun.index != wanted.index:
        raise UserError(
            f"{where}: labels another index ({begun.num_rows:,} rows, now {wanted.num_rows:,}), or the index has "
            "changed since; label it into another folder"
        )
    if begun.teacher_fingerprint != wanted.teacher_fingerprint:
        raise UserError(
            f"{where}: was begun by another teacher, {begun.teacher} ({len(begun.class_names):,} classes, "
            f"{begun.preprocessing.resolution} px); give that one, as it was, or another folder"
        )
    differences = [
        f"{name}={getattr(begun, name)}, not {getattr(wanted, name)}"
        for name in SETTINGS
        if getattr(begun, name) != getattr(wanted, name)
    ]
    if differences:
        raise UserError(
            f"{where}: was begun with {', '.join(differences)}; go on with that, or label into another folder"
        )
