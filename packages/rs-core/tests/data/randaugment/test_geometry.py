import torch
from torch import Tensor

from rs_core.data.randaugment.geometry import Matrix, resample


def one_to_the_right_without_a_corner(_matrix: Matrix, height: int, width: int) -> tuple[Tensor, Tensor]:
    row = torch.arange(height)[:, None].repeat(1, width)
    row[0, 0] = -1
    return row, torch.arange(width) + 1


def test_a_pixel_from_outside_is_grey_even_where_all_others_move_alike():
    images = torch.arange(24, dtype=torch.uint8).view(1, 1, 4, 6).repeat(2, 3, 1, 1)
    moved = resample(images, (1, 0, 1, 0, 1, 0), one_to_the_right_without_a_corner)
    expected = torch.full_like(images, 128)
    expected[..., :5] = images[..., 1:]
    expected[..., 0, 0] = 128
    assert torch.equal(moved, expected)
