"""What turns random crops into SimCLR's views, a whole batch at a time on the training device."""

from rs_transfer.simclr.views.augment import ViewAugment
from rs_transfer.simclr.views.config import ViewsConfig

__all__ = ["ViewAugment", "ViewsConfig"]
