"""The paper's own comparison of depth with width on ImageNet: read off its figure 3.

Top-1 in per cent, good to about 0.1; ResNet-101 of width 1 made deeper or wider. Depth 300 and width 2 take about the
same time, which makes them the pair to compare: 0.087 and 0.088 s a TPU step at 128 px, 0.118 and 0.118 at 160,
0.204 and 0.196 at 224, 0.385 and 0.365 at 320.
"""

from typing import NamedTuple

from rs_core.study.scaling.winners import Verdict, verdict

READ_OFF_ACCURACY = 0.1


class ReadOff(NamedTuple):
    """Top-1 of the base, of depth 300 and of width 2."""

    epochs: int
    resolution: int
    base: float
    deeper: float
    wider: float

    @property
    def winner(self) -> Verdict:
        """What is ahead by more than the figure can be read to, which is 0.1 for each of the two."""
        return verdict(-self.deeper, -self.wider, 2 * READ_OFF_ACCURACY)


FIGURE_3 = (
    ReadOff(10, 128, 67.2, 69.5, 70.9),
    ReadOff(10, 160, 69.5, 71.4, 72.7),
    ReadOff(10, 224, 71.6, 73.8, 74.1),
    ReadOff(10, 320, 72.6, 74.6, 75.2),
    ReadOff(100, 128, 76.5, 77.85, 77.5),
    ReadOff(100, 160, 78.2, 79.55, 79.2),
    ReadOff(100, 224, 80.1, 81.05, 81.1),
    ReadOff(100, 320, 80.95, 82.4, 81.9),
    ReadOff(350, 128, 79.9, 81.8, 81.3),
    ReadOff(350, 160, 81.9, 82.9, 82.5),
    ReadOff(350, 224, 83.8, 84.9, 83.8),
    ReadOff(350, 320, 84.5, 85.9, 84.2),
)
