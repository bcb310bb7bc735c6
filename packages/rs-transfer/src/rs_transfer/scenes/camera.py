"""Where things of a scene appear: a pinhole camera above level ground, looking straight ahead at a wall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HEIGHT_M = 1.0
HORIZON = 0.36
FOCAL_LENGTH = 0.62


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera ``HEIGHT_M`` above the ground; horizon and focal length are shares of the side of the picture.

    Args:
        side_px: height and width of the picture.
        wall_m: distance of the wall.
    """

    side_px: int
    wall_m: float

    @property
    def horizon_px(self) -> float:
        """How far the horizon is below the upper edge."""
        return HORIZON * self.side_px

    def length_px(self, length_m: float, distance_m: float) -> float:
        """Give how long something upright at a distance appears."""
        return FOCAL_LENGTH * self.side_px * length_m / distance_m

    def foot_px(self, distance_m: float) -> float:
        """Give how far below the upper edge the ground at a distance appears."""
        return self.horizon_px + self.length_px(HEIGHT_M, distance_m)

    def ground_m(self) -> Floats:
        """Give the distance of the ground in the middle of each row, infinite above the horizon: [side_px]."""
        below = np.arange(self.side_px) + 0.5 - self.horizon_px
        rays = np.full(self.side_px, np.inf)
        np.divide(self.length_px(HEIGHT_M, 1.0), below, out=rays, where=below > 0)
        return rays

    def background_m(self) -> Floats:
        """Give the distance of ground or wall, whichever is nearer, along the axis of the camera: [side_px]."""
        return np.minimum(self.ground_m(), self.wall_m)

    def is_wall(self) -> NDArray[np.bool_]:
        """Tell for each row whether the wall is behind it: [side_px]."""
        return self.ground_m() >= self.wall_m

    def across_m(self) -> Floats:
        """Give how far right of the camera the background is: [side_px, side_px]."""
        columns = np.arange(self.side_px) + 0.5 - self.side_px / 2
        return columns * self.background_m()[:, None] / self.length_px(1.0, 1.0)
