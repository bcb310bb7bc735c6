"""What a recipe on video is: data, with the source of every number beside the row that sets it."""

from dataclasses import dataclass, field
from typing import ClassVar

from rs_core.data.crop import RandomCropConfig
from rs_core.errors import UserError
from rs_core.models import ResNet3dConfig
from rs_core.recipes.recipe import BaseRecipe
from rs_video.clips import ClipConfig
from rs_video.data.views import ViewConfig


@dataclass(frozen=True, kw_only=True)
class VideoRecipe(BaseRecipe):
    """How one published figure on video was made, or a named difference from it.

    The defaults are the released experiment's (``rs_video.recipes.published``).

    Args:
        model: the network.
        clip: which frames of a video make a clip, in training and evaluation alike.
        resolution: pixels a side of the clips in training.
        crop: random crop in training, the same for all frames of a clip.
        views: clips and crops of a video whose scores are averaged in evaluation.

    Raises:
        UserError: a recipe that cannot be run.
    """

    published_on: ClassVar[str] = "Kinetics-400"

    model: ResNet3dConfig
    clip: ClipConfig = field(default_factory=lambda: ClipConfig(num_frames=32, frame_stride=2))
    resolution: int = 224
    crop: RandomCropConfig = field(
        default_factory=lambda: RandomCropConfig(area=(0.08, 1.0), aspect=(0.5, 2.0), num_attempts=100)
    )
    batch_size: int = 1024
    views: ViewConfig = field(default_factory=ViewConfig)

    def __post_init__(self) -> None:
        """Refuse impossible recipes with one line."""
        super().__post_init__()
        if self.views.resolution < self.model.stride:
            raise UserError(
                f"views.resolution={self.views.resolution} is smaller than the network's stride {self.model.stride}; "
                f"give at least {self.model.stride}"
            )
