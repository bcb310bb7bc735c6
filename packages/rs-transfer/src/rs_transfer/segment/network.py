"""Segmentors as mmsegmentation builds them.

Numbers that are no arguments are those of mmseg 1.2 (configs/_base_/models/fcn_r50-d8.py, upernet_r50.py and
deeplabv3_r50-d8.py). Batch norm of the heads is not synchronised over processes.
"""

from typing import Any, Literal

from rs_transfer.mm.start import Start

Head = Literal["fcn", "upernet", "deeplabv3"]

OUTPUT_STRIDE = 8
NORM = {"type": "BN", "requires_grad": True}
IGNORED = 255


def segmentor(start: Start, head: Head, *, num_classes: int, channels: int, crop_px: int) -> dict[str, Any]:
    """Give ``model=`` of mmseg for a backbone and the pixels that it knows; ``channels`` is the width of the head."""
    dilated = head != "upernet"
    return {
        "type": "EncoderDecoder",
        "data_preprocessor": {
            "type": "SegDataPreProcessor",
            **start.pixel_statistics,
            "bgr_to_rgb": True,
            "pad_val": 0,
            "seg_pad_val": IGNORED,
            "size": (crop_px, crop_px),
        },
        "backbone": start.backbone | ({"output_stride": OUTPUT_STRIDE} if dilated else {}),
        "decode_head": HEADS[head](start.channels) | per_class(num_classes, channels, 1.0),
        "auxiliary_head": {
            "type": "FCNHead",
            "in_channels": start.channels[2],
            "in_index": 2,
            "num_convs": 1,
            "concat_input": False,
            **per_class(num_classes, channels // 2, 0.4),
        },
        "train_cfg": {},
        "test_cfg": {"mode": "whole"},
    }


def fcn(channels: tuple[int, ...]) -> dict[str, Any]:
    """Give the head of Long et al. 2015 on a dilated c5, of so many channels as ``channels`` says of c2 to c5."""
    return {"type": "FCNHead", "in_channels": channels[3], "in_index": 3, "num_convs": 2, "concat_input": True}


def upernet(channels: tuple[int, ...]) -> dict[str, Any]:
    """Give the head of Xiao et al. 2018 on c2 to c5."""
    return {
        "type": "UPerHead",
        "in_channels": list(channels),
        "in_index": [0, 1, 2, 3],
        "pool_scales": (1, 2, 3, 6),
    }


def deeplabv3(channels: tuple[int, ...]) -> dict[str, Any]:
    """Give the head of Chen et al. 2017 on a dilated c5."""
    return {"type": "ASPPHead", "in_channels": channels[3], "in_index": 3, "dilations": (1, 12, 24, 36)}


HEADS = {"fcn": fcn, "upernet": upernet, "deeplabv3": deeplabv3}


def per_class(num_classes: int, channels: int, loss_weight: float) -> dict[str, Any]:
    """Give what all heads have: their width and a cross-entropy over the classes."""
    return {
        "channels": channels,
        "dropout_ratio": 0.1,
        "num_classes": num_classes,
        "norm_cfg": NORM,
        "align_corners": False,
        "loss_decode": {"type": "CrossEntropyLoss", "use_sigmoid": False, "loss_weight": loss_weight},
    }
