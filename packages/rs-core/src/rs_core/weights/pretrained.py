"""The one door for weights: find the file, its layout and its architecture, and give the model ready for use."""

import dataclasses
from pathlib import Path
from typing import Literal, get_args

from torch import nn

from rs_core.data.imagenet_classes import imagenet_class_names
from rs_core.errors import UserError, nearest
from rs_core.weights.check import load_weights, shortened
from rs_core.weights.files import TensorFile, open_tensors
from rs_core.weights.layouts import keras, model_garden, simclr, tf1, timm
from rs_core.weights.layouts.layout import Imported, Layout, Options
from rs_core.weights.locate import locate
from rs_core.weights.release import (
    EXPORT_METADATA_KEY,
    METADATA_KEY,
    Origin,
    PretrainedModel,
    check_class_names,
    count_labels,
    empty_model,
    read_model,
)

LayoutName = Literal["auto", "rs_core", "tf1", "model_garden", "timm", "keras", "simclr"]

LAYOUTS: dict[str, Layout] = {
    layout.name: layout for layout in (tf1.LAYOUT, model_garden.LAYOUT, timm.LAYOUT, keras.LAYOUT, simclr.LAYOUT)
}

EXPORTED_SUFFIXES = (".pt2", ".onnx")
OUR_PARTS = ("stem.", "stages.", "classifier.")


def load_pretrained(
    source: str | Path, layout: LayoutName = "auto", *, ema: bool = True, resolution: int = 0
) -> PretrainedModel:
    """Load weights from wherever they are: the model in eval mode, its preprocessing, and where it comes from.

    Args:
        source: a run directory or ``model.safetensors``; a TensorFlow checkpoint (prefix, index file or directory); a
            Keras ``.h5``; a pickled state dict of timm, torchvision, Lightning or plain PyTorch; a published name
            (``rs-core weights list``); a hub id such as ``hf-hub:timm/resnetrs50.tf_in1k``.
        layout: whose names the tensors have; ``auto`` tells from the names.
        ema: take the weight average where the file holds one.
        resolution: pixels a side of the input, 0 for what the source says.

    Raises:
        UserError: no such source, a file that cannot be read or trusted, an unknown layout, or tensors missing,
            extra or misshapen. Nothing is loaded half-way.
    """
    known = list(get_args(LayoutName))
    if layout not in known:
        raise UserError(f"layout={layout!r}: choose from {known}{nearest(layout, known)}")
    path = locate(str(source))
    if path.suffix in EXPORTED_SUFFIXES and path.is_file():
        raise UserError(f"{path}: an exported network; load it with load_exported, or give what it was exported from")
    tensors = open_tensors(path, ema=ema)
    if EXPORT_METADATA_KEY in tensors.metadata:
        raise UserError(f"{path}: fused weights, which cannot be trained or converted; load them with load_exported")
    if layout in ("auto", "rs_core") and METADATA_KEY in tensors.metadata:
        pretrained = with_resolution(read_model(tensors, tensors.metadata[METADATA_KEY]), resolution)
    else:
        found = recognize(tensors, layout)
        imported = found.read(tensors, Options(ema=ema, resolution=resolution))
        pretrained = assemble(imported, tensors, found.name, called(str(source), path))
    if not ema and pretrained.origin.averaged:
        raise UserError(f"{source}: holds the weight average alone; leave out --raw (ema=False)")
    refuse_bad_weights(pretrained.model, str(source))
    return pretrained


def refuse_bad_weights(model: nn.Module, source: str) -> None:
    """Refuse weights that are not numbers.

    Raises:
        UserError: naming the first of them.
    """
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise UserError(f"{source}: {name} is not finite; the training diverged, take an earlier checkpoint")


def recognize(tensors: TensorFile, layout: LayoutName) -> Layout:
    """Give the layout whose names these are, among all or the one that was asked for.

    Raises:
        UserError: none of them.
    """
    candidates = [known for name, known in LAYOUTS.items() if layout in ("auto", name)]
    for candidate in candidates:
        if candidate.recognizes(tensors.shapes):
            return candidate
    sought = ", ".join(candidate.name for candidate in candidates) or layout
    names = shortened(list(tensors.shapes))
    raise UserError(
        f"{tensors.path}: its {len(tensors.shapes)} tensors ({names}) have not the names of layout {sought}; "
        f"{what_to_give(tensors)}"
    )


def what_to_give(tensors: TensorFile) -> str:
    """Say what to do about names that are not those of the layouts sought."""
    shapes = tensors.shapes
    if METADATA_KEY in tensors.metadata:
        return "they are those of layout rs_core"
    if all(name.startswith(OUR_PARTS) for name in shapes):
        return "a bare state dict of one of our networks loads in Python, into what create_model(…) gives"
    # First all tensors, then those below each prefix, such as one of several networks that a training module holds.
    for prefix in ("", *dict.fromkeys(f"{name.partition('.')[0]}." for name in shapes)):
        inside = {name.removeprefix(prefix): shape for name, shape in shapes.items() if name.startswith(prefix)}
        for layout in LAYOUTS.values():
            if layout.recognizes(inside):
                where = f"the {len(inside)} below {prefix!r} have those of {layout.name}: save them alone, without it"
                return where if prefix else f"they are those of layout {layout.name}"
    return "give a residual network of this family"


def called(source: str, path: Path) -> str:
    """Give the published name or the hub id, but of a path only its end: folders here mean nothing elsewhere."""
    return path.name if Path(source) == path else source


def assemble(imported: Imported, tensors: TensorFile, layout: str, source: str) -> PretrainedModel:
    """Build the network and load all weights into it.

    Raises:
        UserError: more or fewer class names than classes.
    """
    num_labels = count_labels(imported.config, imported.preprocessing)
    class_names = imported.class_names or default_class_names(num_labels)
    check_class_names(class_names, num_labels, source)
    passed_over = [f"{count} {kind}" for kind, count in imported.passed_over.items()]
    if "left_out" in tensors.metadata:
        passed_over.append(f"beside the network: {tensors.metadata['left_out']}")
    model = empty_model(imported.config)
    load_weights(model, imported.weights, source)
    origin = Origin(
        layout=layout,
        architecture=imported.architecture,
        source=source,
        averaged=imported.averaged,
        passed_over=tuple(passed_over),
        notes=imported.notes,
    )
    return PretrainedModel(
        model=model.eval(),
        preprocessing=imported.preprocessing,
        class_names=class_names,
        origin=origin,
    )


def default_class_names(num_labels: int) -> tuple[str, ...]:
    """Give names to labels of a file that has none: ImageNet's for a thousand, else their numbers."""
    names = imagenet_class_names()
    return names if num_labels == len(names) else tuple(map(str, range(num_labels)))


def with_resolution(pretrained: PretrainedModel, resolution: int) -> PretrainedModel:
    """Change the input size, if one is given."""
    if not resolution:
        return pretrained
    preprocessing = dataclasses.replace(pretrained.preprocessing, resolution=resolution)
    return dataclasses.replace(pretrained, preprocessing=preprocessing)
