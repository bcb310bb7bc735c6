"""Faster R-CNN with a feature pyramid as mmdetection builds it.

Numbers that are not a field are those of mmdet 3.3 (configs/_base_/models/faster-rcnn_r50_fpn.py).
"""

from typing import TYPE_CHECKING, Any

from rs_transfer.mm.start import Start

if TYPE_CHECKING:
    from rs_transfer.detect.config import DetectConfig

CROSS_ENTROPY = {"type": "CrossEntropyLoss", "loss_weight": 1.0}
L1 = {"type": "L1Loss", "loss_weight": 1.0}


def faster_rcnn(config: "DetectConfig", start: Start) -> dict[str, Any]:
    """Give ``model=`` of mmdet for a starting point."""
    return {
        "type": "FasterRCNN",
        "data_preprocessor": {
            "type": "DetDataPreprocessor",
            **start.pixel_statistics,
            "bgr_to_rgb": True,
            "pad_size_divisor": start.strides[-1],
        },
        "backbone": start.backbone,
        "neck": {
            "type": "FPN",
            "in_channels": list(start.channels),
            "out_channels": config.fpn_channels,
            "num_outs": len(start.strides) + 1,
        },
        "rpn_head": rpn_head(config, start.strides),
        "roi_head": roi_head(config, start.strides),
        "train_cfg": train_settings(config),
        "test_cfg": test_settings(config),
    }


def rpn_head(config: "DetectConfig", strides: tuple[int, ...]) -> dict[str, Any]:
    """Give the head that proposes boxes."""
    return {
        "type": "RPNHead",
        "in_channels": config.fpn_channels,
        "feat_channels": config.fpn_channels,
        "anchor_generator": {
            "type": "AnchorGenerator",
            "scales": [config.anchor_scale],
            "ratios": [0.5, 1.0, 2.0],
            "strides": [*strides, 2 * strides[-1]],
        },
        "bbox_coder": box_coder(1.0, 1.0),
        "loss_cls": {**CROSS_ENTROPY, "use_sigmoid": True},
        "loss_bbox": L1,
    }


def roi_head(config: "DetectConfig", strides: tuple[int, ...]) -> dict[str, Any]:
    """Give the head that names and refines proposed boxes."""
    return {
        "type": "StandardRoIHead",
        "bbox_roi_extractor": {
            "type": "SingleRoIExtractor",
            "roi_layer": {"type": "RoIAlign", "output_size": 7, "sampling_ratio": 0},
            "out_channels": config.fpn_channels,
            "featmap_strides": list(strides),
        },
        "bbox_head": {
            "type": "Shared2FCBBoxHead",
            "in_channels": config.fpn_channels,
            "fc_out_channels": config.fc_channels,
            "roi_feat_size": 7,
            "num_classes": len(config.class_names),
            "bbox_coder": box_coder(0.1, 0.2),
            "reg_class_agnostic": False,
            "loss_cls": {**CROSS_ENTROPY, "use_sigmoid": False},
            "loss_bbox": L1,
        },
    }


def box_coder(centre_std: float, size_std: float) -> dict[str, Any]:
    """Give the form of box targets, with the standard deviations that they are divided by."""
    return {
        "type": "DeltaXYWHBBoxCoder",
        "target_means": [0.0, 0.0, 0.0, 0.0],
        "target_stds": [centre_std, centre_std, size_std, size_std],
    }


def train_settings(config: "DetectConfig") -> dict[str, Any]:
    """Give which boxes the heads learn from."""
    overlap = {"type": "MaxIoUAssigner", "ignore_iof_thr": -1}
    return {
        "rpn": {
            "assigner": {
                **overlap,
                "pos_iou_thr": 0.7,
                "neg_iou_thr": 0.3,
                "min_pos_iou": 0.3,
                "match_low_quality": True,
            },
            "sampler": sampler(256, 0.5, add_truth=False),
            "allowed_border": -1,
            "pos_weight": -1,
            "debug": False,
        },
        "rpn_proposal": proposals(config, 2 * config.num_proposals),
        "rcnn": {
            "assigner": {
                **overlap,
                "pos_iou_thr": 0.5,
                "neg_iou_thr": 0.5,
                "min_pos_iou": 0.5,
                "match_low_quality": False,
            },
            "sampler": sampler(config.num_sampled, 0.25, add_truth=True),
            "pos_weight": -1,
            "debug": False,
        },
    }


def sampler(num: int, pos_fraction: float, *, add_truth: bool) -> dict[str, Any]:
    """Give how many boxes of an image are drawn, and how many of these at most hold an object."""
    return {
        "type": "RandomSampler",
        "num": num,
        "pos_fraction": pos_fraction,
        "neg_pos_ub": -1,
        "add_gt_as_proposals": add_truth,
    }


def test_settings(config: "DetectConfig") -> dict[str, Any]:
    """Give which boxes are put out."""
    return {
        "rpn": proposals(config, config.num_proposals),
        "rcnn": {"score_thr": 0.05, "nms": {"type": "nms", "iou_threshold": 0.5}, "max_per_img": 100},
    }


def proposals(config: "DetectConfig", num_before: int) -> dict[str, Any]:
    """Give how proposals are thinned out, from so many of each level."""
    return {
        "nms_pre": num_before,
        "max_per_img": config.num_proposals,
        "nms": {"type": "nms", "iou_threshold": 0.7},
        "min_bbox_size": 0,
    }
