"""Semantic segmentation of Pascal VOC and ADE20K: FCN, UPerNet or DeepLabV3, in mmsegmentation."""

import rs_transfer.mm  # noqa: F401  # comes before mmseg
