"""The model card of a hub folder: what a model is, how it was made, how to use it.

The front matter is the hub's (https://huggingface.co/docs/hub/model-cards). A figure that nobody recorded is left out.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from rs_core.data.preprocessing import Preprocessing
from rs_core.models.config import ResNetConfig
from rs_core.weights.hub_config import timm_prepares_alike, why_not_timm
from rs_core.weights.release import Origin, PretrainedModel
from rs_core.weights.run_record import RunRecord, read_run_record


def model_card(
    pretrained: PretrainedModel,
    address: str,
    *,
    run: Path | None = None,
    license: str = "",
    datasets: Sequence[str] = (),
) -> str:
    """Write the page.

    Args:
        pretrained: the model.
        address: what to load it with, ``hf-hub:user/name`` or the path of a folder.
        run: the run directory that made it.
        license: the hub's id of a licence; without one the card says nothing about it.
        datasets: the hub's ids of the data sets trained on.

    Raises:
        UserError: ``run`` is not the directory of a finished run.
    """
    record = read_run_record(run) if run else None
    parts = [
        front_matter(pretrained, license, datasets),
        f"# {Path(address).name}",
        table(model_rows(pretrained)),
        *(run_sections(record, pretrained.origin) if record else origin_section(pretrained.origin)),
        use_section(pretrained, address),
        preprocessing_section(pretrained.preprocessing),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(pretrained: PretrainedModel, license: str, datasets: Sequence[str]) -> str:
    """Write the lines that the hub's search and widgets read."""
    config = pretrained.model.config
    task = "image-classification" if isinstance(config, ResNetConfig) else "video-classification"
    values = {
        "library_name": "rs-core" if why_not_timm(config) else "timm",
        "pipeline_tag": task,
        "tags": [task, "resnet", "rs-core"],
        **({"license": license} if license else {}),
        **({"datasets": list(datasets)} if datasets else {}),
    }
    return f"---\n{yaml.safe_dump(values, sort_keys=False)}---"


def model_rows(pretrained: PretrainedModel) -> dict[str, str]:
    """Say what the network is."""
    model, side = pretrained.model, pretrained.preprocessing.resolution
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    rows = {"architecture": pretrained.origin.architecture} if pretrained.origin.architecture else {}
    return rows | {
        "blocks": f"{', '.join(map(str, model.config.blocks))} in c2 to c5",
        "parameters": f"{num_parameters:,}",
        "input": f"{model.config.in_channels} channels, {side} x {side} pixels",
        "outputs": f"{model.config.num_classes} logits" if model.config.num_classes else "pooled features",
        "classes": named(pretrained.class_names),
    }


def named(class_names: Sequence[str]) -> str:
    """Give up to ten names and how many more there are."""
    more = len(class_names) - 10
    return ", ".join(class_names[:10]) + (f" and {more} more" if more > 0 else "")


def run_sections(record: RunRecord, origin: Origin) -> list[str]:
    """Write the figures of a run and what the run was."""
    weights = "the averaged weights" if origin.averaged else "the weights"
    return [
        "## Results",
        table(record.figures),
        f"Measured with {weights} on every held-out image once; accuracies in per cent.",
        "## Training",
        table(record.training),
    ]


def origin_section(origin: Origin) -> list[str]:
    """Say where imported weights come from."""
    if not origin.source:
        return []
    kind = "the average that training kept" if origin.averaged else "not an average"
    passed_over = f" Not taken from it: {', '.join(origin.passed_over)}." if origin.passed_over else ""
    notes = "".join(f"\n* {note}" for note in origin.notes)
    said = f"Weights of `{origin.source}` (layout {origin.layout}; {kind}), converted by rs-core.{passed_over}"
    return ["## Origin", said + (f"\n{notes}" if notes else "")]


def use_section(pretrained: PretrainedModel, address: str) -> str:
    """Write the lines that load the model."""
    config, side = pretrained.model.config, pretrained.preprocessing.resolution
    reason = why_not_timm(config)
    shape = f"[N, {config.in_channels}, {side}, {side}]" if isinstance(config, ResNetConfig) else "[N, C, T, H, W]"
    run = f"logits = pretrained.model(images)  # float32 {shape}, prepared as below"
    in_rs_core = code(f"import rs_core\n\npretrained = {rs_core_call(address)}\n{run}")
    in_timm = code(f"import timm\n\nmodel = {timm_call(address)}.eval()")
    if reason:
        in_timm = f"timm cannot build this network ({reason})."
    elif not timm_prepares_alike(pretrained.preprocessing):
        in_timm += "\n\ntimm's own transform resizes with PIL and crops then: close to what is said below, not equal."
    return f"## Use\n\n{in_rs_core}\n\n{in_timm}"


def rs_core_call(address: str) -> str:
    """Give the call that loads a model with rs-core.

    >>> rs_core_call("hf-hub:me/model")
    'rs_core.load_pretrained("hf-hub:me/model")'
    """
    return f"rs_core.load_pretrained({quoted(address)})"


def timm_call(address: str) -> str:
    """Give the call that loads a model with timm.

    >>> timm_call("./model")
    'timm.create_model("local-dir:./model", pretrained=True)'
    """
    source = address if address.startswith("hf-hub:") else f"local-dir:{address}"
    return f"timm.create_model({quoted(source)}, pretrained=True)"


def preprocessing_section(preprocessing: Preprocessing) -> str:
    """Say how an image becomes the input."""
    side = preprocessing.resolution
    rows = {
        "resolution": f"{side} x {side} pixels",
        "centre crop": f"{preprocessing.crop_fraction:g} of the short edge, rule `{preprocessing.crop_rule}`",
        "resize": f"`{preprocessing.resize}`",
        "mean": ", ".join(f"{value:g}" for value in preprocessing.mean) + " (white is 1)",
        "standard deviation": ", ".join(f"{value:g}" for value in preprocessing.std),
    }
    if preprocessing.apply_exif_orientation:
        rows["orientation"] = "photos are turned upright first, as their EXIF data say"
    if preprocessing.class_offset:
        rows["classes"] = f"class i has logit i + {preprocessing.class_offset}"
    return f"## Preprocessing\n\n{table(rows)}"


def table(rows: dict[str, str]) -> str:
    """Write a table of names and values."""
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {cell(value)} |" for name, value in rows.items())])


def cell(text: str) -> str:
    """Make a text fit into a table: one line, no bare bar."""
    return " ".join(text.split()).replace("|", r"\|")


def code(lines: str) -> str:
    """Write a block of Python."""
    return f"```python\n{lines}\n```"


def quoted(text: str) -> str:
    """Give a text as a literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
