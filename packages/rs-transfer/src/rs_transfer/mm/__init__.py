"""Our networks on the engine of mmdetection and mmsegmentation.

Importing this comes first, before mmdet and mmseg: it provides mmcv's operations, and registers :class:`RSBackbone` and
the parts of a run that configs name.
"""

from rs_transfer.mm.operations import provide_operations

OPERATIONS = provide_operations()

# mm* can be imported from here on.
from rs_transfer.mm.backbone import RSBackbone  # noqa: E402
from rs_transfer.mm.checkpoints import PlainCheckpoints  # noqa: E402
from rs_transfer.mm.log import RunLog  # noqa: E402
from rs_transfer.mm.loop import StepLoop  # noqa: E402
from rs_transfer.mm.order import OrderSampler, PositionedDataset  # noqa: E402

__all__ = ["OPERATIONS", "OrderSampler", "PlainCheckpoints", "PositionedDataset", "RSBackbone", "RunLog", "StepLoop"]
