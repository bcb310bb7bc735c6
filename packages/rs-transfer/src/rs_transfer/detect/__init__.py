"""Detection on Pascal VOC: Faster R-CNN with a feature pyramid, in mmdetection."""

import rs_transfer.mm  # noqa: F401  # comes before mmdet
