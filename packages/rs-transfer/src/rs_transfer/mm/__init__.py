"""Our networks on the engine of mmdetection and mmsegmentation.

Importing this comes first, before mmdet and mmseg: it provides mmcv's operations and registers :class:`RSBackbone`.
"""

from rs_transfer.mm.operations import provide_operations

OPERATIONS = provide_operations()

from rs_transfer.mm.backbone import RSBackbone  # noqa: E402  # mm* can be imported from here on

__all__ = ["OPERATIONS", "RSBackbone"]
