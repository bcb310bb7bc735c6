"""What a recipe of SimCLR is."""

from dataclasses import dataclass, field
from typing import ClassVar

from rs_core.data.crop import RandomCropConfig
from rs_core.errors import UserError
from rs_core.models import ResNetConfig
from rs_core.recipes import BaseRecipe, EmaConfig
from rs_transfer.simclr.network import ProjectionConfig
from rs_transfer.simclr.views import ViewsConfig


@dataclass(frozen=True, kw_only=True)
class SimCLRRecipe(BaseRecipe):
    """A recipe for images without labels.

    Args:
        model: the backbone, without classifier.
        projection: the head of training, which is not released.
        temperature: of the loss.
        views: colour and blur of the two views of an image.
        label_smoothing: always 0, for there are no labels.
        ema: moving average of the weights; released SimCLR has none.
    """

    published_on: ClassVar[str] = "ImageNet, by a linear classifier on its frozen features"

    model: ResNetConfig
    projection: ProjectionConfig = field(default_factory=ProjectionConfig)
    temperature: float = 0.1
    views: ViewsConfig = field(default_factory=ViewsConfig)
    label_smoothing: float = 0.0
    ema: EmaConfig = field(default_factory=lambda: EmaConfig(decay=0.0))
    crop: RandomCropConfig = field(default_factory=lambda: RandomCropConfig(num_attempts=100))

    def __post_init__(self) -> None:
        """Refuse impossible recipes with one line."""
        super().__post_init__()
        if not self.temperature > 0:
            raise UserError(f"temperature={self.temperature}: give a number above 0, such as 0.1")
        if self.label_smoothing:
            raise UserError(f"label_smoothing={self.label_smoothing}: SimCLR has no labels; leave it out")
        if self.model.num_classes:
            raise UserError(f"model.num_classes={self.model.num_classes}: SimCLR has no classes; give 0")
        if self.batch_size < 2:
            raise UserError(f"batch_size={self.batch_size}: SimCLR compares images with each other; give at least 2")
