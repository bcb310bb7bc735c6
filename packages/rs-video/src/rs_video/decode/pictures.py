"""Where decoded frames are put."""

import numpy as np
from numpy.typing import NDArray

from rs_video.decode.damaged import BadVideo


class Pictures:
    """Room for frames that were asked for.

    Args:
        numbers: of the frames, ascending, without repeats; at least one.
    """

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self._rows_by_number = {number: row for row, number in enumerate(numbers.tolist())}
        self.waiting = set(self._rows_by_number)
        self.rows = np.empty((0, 0, 0, 3), np.uint8)

    def put(self, number: int, picture: NDArray[np.uint8]) -> None:
        """Copy a picture of shape [H, W, 3] to where it belongs.

        Raises:
            BadVideo: it is not of the size of the others.
        """
        if self.rows.size == 0:
            self.rows = np.empty((len(self._rows_by_number), *picture.shape), np.uint8)
        if picture.shape != self.rows.shape[1:]:
            raise BadVideo("the size of its pictures changes on the way")
        self.rows[self._rows_by_number[number]] = picture
        self.waiting.remove(number)
