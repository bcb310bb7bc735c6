"""What comes before mmdet, mmseg and mmcv.ops are imported."""

import rs_transfer.mm  # noqa: F401
