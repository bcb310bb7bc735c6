"""What a recipe on video is: data, with the source of every number beside the row that sets it."""

from dataclasses import dataclass, field
from typing import ClassVar

from rs_core.data.crop import RandomCropConfig
from rs_core.errors import UserError
from rs_core.models import ResNet3dConfig
from rs_core.recipes.recipe import BaseRecipe
from rs_video.clips import ClipConfig


@dataclass(frozen=True, kw_only=True)
class VideoRecipe(BaseRecipe):
    """How one published figure on video was made, or a named difference from it.

    The defaults are the released experiment's (``rs_video.recipes.published``).

    Args:
        model: the network.
        clip: which frames of a video make a clip, in training and evaluation alike.
        resolution: pixels a side of the clips in training.
        crop: random crop in training, the same for all frames of a clip.
        eval_short_side: pixels of a frame's shorter side in evaluation.
        eval_resolution: pixels a side of the crops in evaluation.
        num_eval_clips: clips of a video, evenly spaced, whose scores are averaged in evaluation.
        num_eval_crops: crops of each of these clips, evenly spaced along the longer side; 1 is the middle.

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
    eval_short_side: int = 256
    eval_resolution: int = 256
    num_eval_clips: int = 10
    num_eval_crops: int = 3

    def __post_init__(self) -> None:
        """Refuse impossible recipes with one line."""
        super().__post_init__()
        for name in ("num_eval_clips", "num_eval_crops"):
            if getattr(self, name) < 1:
                raise UserError(f"{name}={getattr(self, name)}: give at least 1")
        if self.eval_resolution < self.model.stride:
            raise UserError(
                f"eval_resolution={self.eval_resolution} is smaller than the network's stride {self.model.stride}; "
                f"give at least {self.model.stride}"
            )
        if self.eval_short_side < self.eval_resolution:
            raise UserError(
                f"eval_short_side={self.eval_short_side} is smaller than eval_resolution={self.eval_resolution}: "
                "crops must fit into the frame"
            )

    @property
    def num_eval_views(self) -> int:
        """Forward passes for each video in evaluation."""
        return self.num_eval_clips * self.num_eval_crops
