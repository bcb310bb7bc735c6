"""``config.json`` of a model on the hub: what timm needs to build the same network, where timm can.

timm reads ``architecture`` (one of its entry points), ``model_args`` (what differs from that entry point) and
``pretrained_cfg`` (timm/models/_hub.py and _builder.py). It ignores ``rs_core``, which says in whose layout the
weights are.
"""

from typing import Any

from rs_core.data.preprocessing import Preprocessing
from rs_core.models.config import NetworkConfig, ResNetConfig
from rs_core.models.families import FAMILIES
from rs_core.weights.release import METADATA_KEY, PretrainedModel, description

TIMM_DEPTHS = (18, 26, 34, 50, 101, 152, 200)
TIMM_RS_DEPTHS = (50, 101, 152, 200, 270, 350, 420)

TIMM_ENTRIES: dict[str, NetworkConfig] = (
    {f"resnet{depth}": FAMILIES[f"resnet_{depth}"] for depth in TIMM_DEPTHS}
    | {f"resnet{depth}d": FAMILIES[f"resnet_d_{depth}"] for depth in TIMM_DEPTHS}
    | {f"resnetrs{depth}": FAMILIES[f"resnet_rs_{depth}"] for depth in TIMM_RS_DEPTHS}
)
"""timm's entry points that are rows of our table."""

# timm's single stem has this width whatever it is told, and its batch norms this epsilon.
TIMM_STEM_WIDTH = 64
TIMM_BN_EPS = 1e-5


def hub_config(pretrained: PretrainedModel) -> dict[str, Any]:
    """Give the content of ``config.json``.

    Where timm cannot build the network there is no ``architecture``, so that timm refuses the model instead of
    building another one; ``rs_core.not_in_timm`` then says why.
    """
    config = pretrained.model.config
    reason = why_not_timm(config)
    if not isinstance(config, ResNetConfig) or reason:
        return {METADATA_KEY: {**description(pretrained, "rs_core"), "not_in_timm": reason}}
    labels = {"label_names": list(pretrained.class_names)} if pretrained.class_names else {}
    pretrained_cfg = timm_pretrained_cfg(config, pretrained.preprocessing)
    return {
        **timm_architecture(config),
        "num_classes": pretrained_cfg["num_classes"],
        "num_features": pretrained.model.num_features,
        **labels,
        "pretrained_cfg": pretrained_cfg,
        METADATA_KEY: {"naming": "timm"},
    }


def why_not_timm(config: NetworkConfig) -> str:
    """Say what of a network timm's ResNet has not, or nothing where timm can build it."""
    if not isinstance(config, ResNetConfig):
        return "3D convolutions"
    stem_width = config.scaled_stem_widths[-1]
    max_pool_padding = config.stem_pool_padding if config.stem_downsampling == "max_pool" else "symmetric"
    pools_every_shortcut = config.downsampling == "D" and config.pool_every_shortcut
    dilates = config.output_stride < config.stride
    lacks = {
        'TensorFlow\'s "same" padding': "same" in (config.padding, max_pool_padding),
        "strides on the first 1x1 (downsampling A)": config.downsampling == "A",
        # timm's skresnets halve what each stream reads and dilate one of them (timm/layers/selective_kernel.py).
        "selective kernels as SimCLRv2 has them": config.sk_ratio > 0,
        "an average pool in shortcuts of stride 1": pools_every_shortcut,
        # timm counts the padding of a dilated stage's average pool, ours does not.
        f"downsampling D at output_stride {config.output_stride}": config.downsampling == "D" and dilates,
        f"stem {config.stem!r}": config.stem == "small",
        f"stem_downsampling {config.stem_downsampling!r}": config.stem_downsampling in ("stage", "none"),
        f"stem widths {config.scaled_stem_widths}": timm_stem(config) is None,
        "a projection that keeps the width": config.block == "bottleneck" and stem_width == 4 * config.stage_widths[0],
        "squeeze-and-excitation of this ratio or width": not same_attention_in_timm(config),
        f"bn_eps {config.bn_eps}": config.bn_eps != TIMM_BN_EPS,
    }
    return ", ".join(what for what, lacking in lacks.items() if lacking)


def timm_architecture(config: ResNetConfig) -> dict[str, Any]:
    """Give the entry point that needs the fewest arguments, and these.

    >>> timm_architecture(ResNetConfig(blocks=(3, 4, 6, 3), num_classes=10))
    {'architecture': 'resnetrs50', 'model_args': {}}
    """
    wanted = timm_arguments(config)
    candidates = []
    for name, entry in TIMM_ENTRIES.items():
        if isinstance(entry, ResNetConfig) and (entry.block, entry.se_ratio) == (config.block, config.se_ratio):
            given = timm_arguments(entry)
            candidates.append((name, {key: value for key, value in wanted.items() if value != given[key]}))
    name, model_args = min(candidates, key=lambda candidate: len(candidate[1]))
    return {"architecture": name, "model_args": model_args}


def timm_arguments(config: ResNetConfig) -> dict[str, Any]:
    """Give the arguments of timm's ResNet. Its drop-path rises from block to block; there is none by stage."""
    stem_type, stem_width = timm_stem(config) or ("", TIMM_STEM_WIDTH)
    return {
        "layers": list(config.blocks),
        "channels": list(config.stage_widths),
        "stem_type": stem_type,
        "stem_width": stem_width,
        "replace_stem_pool": config.stem_downsampling == "conv",
        "avg_down": config.downsampling == "D",
        "act_layer": config.activation,
        "output_stride": config.output_stride,
        "in_chans": config.in_channels,
        "drop_rate": config.dropout,
        "drop_path_rate": config.drop_path_rate if config.drop_path_profile == "block" else 0.0,
    }


def timm_stem(config: ResNetConfig) -> tuple[str, int] | None:
    """Give timm's ``stem_type`` and ``stem_width`` of a stem, or nothing where it has none of these widths."""
    first, second, last = config.scaled_stem_widths
    if config.stem != "deep":
        return ("", TIMM_STEM_WIDTH) if last == TIMM_STEM_WIDTH else None
    types = {(second, second): "deep", (3 * (second // 4), second): "deep_tiered"}
    return (types[first, second], second) if (first, second) in types and last == 2 * second else None


def same_attention_in_timm(config: ResNetConfig) -> bool:
    """Say whether an entry point of timm's has this squeeze-and-excitation, at this ratio and these widths.

    timm rounds the squeezed width to a multiple of 8 and keeps at least 8 (timm/layers/squeeze_excite.py).
    """
    if not config.se_ratio:
        return True
    if config.block == "basic" or config.se_ratio != FAMILIES["resnet_rs_50"].se_ratio:
        return False
    squeezed = [4 * width * config.se_ratio for width in config.stage_widths]
    return all(max(1, int(width)) == max(8, int(width + 4) // 8 * 8) for width in squeezed)


def timm_pretrained_cfg(config: ResNetConfig, preprocessing: Preprocessing) -> dict[str, Any]:
    """Give timm's description of the weights: input, normalisation, classes.

    The resize is the nearest that timm has. With ``label_offset`` timm drops the background class while it loads.
    """
    offset = preprocessing.class_offset if config.num_classes else 0
    return {
        "input_size": [config.in_channels, preprocessing.resolution, preprocessing.resolution],
        "fixed_input_size": False,
        "interpolation": preprocessing.resize.split("_")[1],
        "crop_pct": preprocessing.crop_fraction,
        "crop_mode": "center",
        "mean": list(preprocessing.mean),
        "std": list(preprocessing.std),
        "num_classes": config.num_classes - offset,
        "label_offset": offset,
        "pool_size": None,
        "first_conv": "conv1.0" if config.stem == "deep" else "conv1",
        "classifier": "fc",
    }


def timm_prepares_alike(preprocessing: Preprocessing) -> bool:
    """Say whether timm's transform gives the very pixels: it resizes with PIL, then crops, and turns no photo."""
    is_resized_alike = preprocessing.crop_rule == "resize_first" and preprocessing.resize.startswith("pil_")
    return is_resized_alike and not preprocessing.apply_exif_orientation
