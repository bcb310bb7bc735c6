import torch

from rs_core.data.randaugment.cutout import cutout


def test_each_image_has_its_own_square_cut_at_the_border():
    images = torch.zeros(3, 3, 6, 8, dtype=torch.uint8)
    centres = torch.tensor([[3, 4], [0, 0], [5, 7]])
    grey = cutout(images, 2, centres) == 128
    expected = torch.zeros(3, 6, 8, dtype=torch.bool)
    expected[0, 1:5, 2:6] = True
    expected[1, :2, :2] = True
    expected[2, 3:, 5:] = True
    assert torch.equal(grey, expected[:, None].expand_as(grey))


def test_a_square_of_no_size_changes_nothing():
    images = torch.arange(96, dtype=torch.uint8).view(1, 3, 4, 8)
    assert torch.equal(cutout(images, 0, torch.tensor([[2, 2]])), images)
