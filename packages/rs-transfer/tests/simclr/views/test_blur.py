"""The blur against torchvision's, image by image."""

import pytest
import torch
from torchvision.transforms import functional as TF

from rs_transfer.simclr.views.blur import gaussian_blur, radius_for


@pytest.mark.parametrize("radius", [0, 1, 5, 11])
def test_the_blur_of_a_batch_is_torchvisions_of_each_image(crops, radius):
    images = crops.float() / 255
    sigmas = torch.linspace(0.1, 2, len(images))
    expected = torch.stack(
        [TF.gaussian_blur(image, 2 * radius + 1, sigma.item()) for image, sigma in zip(images, sigmas, strict=True)]
    )
    assert (gaussian_blur(images, sigmas, radius) - expected).abs().max() < 3e-5


def test_an_image_is_blurred_alike_alone_and_beside_others(crops):
    images = crops.float() / 255
    sigmas = torch.linspace(0.1, 2, len(images))
    together = gaussian_blur(images, sigmas, 5)
    for place in (0, 10, 23):
        alone = gaussian_blur(images[place : place + 1], sigmas[place : place + 1], 5)
        assert (together[place] - alone[0]).abs().max() < 3e-5


def test_the_kernel_spans_a_tenth_of_the_height():
    # google-research/simclr:data_util.py: radius = int(kernel_size / 2) of kernel_size = height // 10
    assert [radius_for(height) for height in (16, 32, 96, 160, 224, 256)] == [0, 1, 4, 8, 11, 12]
