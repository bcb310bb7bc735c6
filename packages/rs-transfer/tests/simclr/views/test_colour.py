"""Each change of colour against torchvision's, image by image."""

import numpy as np
import pytest
import torch
from torchvision.transforms import functional as TF

from rs_transfer.simclr.views.colour import (
    add_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    make_grey,
    multiply_brightness,
)

CHANGES = {
    "brightness": (multiply_brightness, TF.adjust_brightness, (0.0, 1.8)),
    "contrast": (adjust_contrast, TF.adjust_contrast, (0.0, 1.8)),
    "saturation": (adjust_saturation, TF.adjust_saturation, (0.0, 1.8)),
    "hue": (adjust_hue, TF.adjust_hue, (-0.5, 0.5)),
}


def amounts_between(low, high, count):
    return torch.linspace(low, high, count)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_batch_is_torchvisions_of_each_image(crops, name):
    ours, theirs, limits = CHANGES[name]
    amounts = amounts_between(*limits, len(crops))
    changed = crops.float() / 255
    expected = torch.stack([theirs(image, amount.item()) for image, amount in zip(changed, amounts, strict=True)])
    ours(changed, amounts)
    assert (changed - expected).abs().max() < 1e-5


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_within_rounding_of_torchvisions_of_eight_bits(crops, name):
    ours, theirs, limits = CHANGES[name]
    amounts = amounts_between(*limits, len(crops))
    changed = crops.float() / 255
    expected = torch.stack([theirs(image, amount.item()) for image, amount in zip(crops, amounts, strict=True)])
    ours(changed, amounts)
    # torchvision truncates; the mean of greys, truncated too, moves the contrast by another level.
    assert (255 * changed - expected).abs().max() < 2.1


def test_added_brightness_is_clipped_to_black_and_white(crops):
    amounts = amounts_between(-0.8, 0.8, len(crops))
    changed = crops.float() / 255
    expected = np.clip(changed.numpy() + amounts.numpy()[:, None, None, None], 0, 1)
    add_brightness(changed, amounts)
    np.testing.assert_allclose(changed.numpy(), expected, atol=1e-6)


def test_chosen_images_lose_their_colour_and_others_keep_it(crops):
    chosen = torch.arange(len(crops)) % 3 == 0
    changed = crops.float() / 255
    before = changed.clone()
    make_grey(changed, chosen)
    assert torch.equal(changed[~chosen], before[~chosen])
    for image, other in zip(changed[chosen], before[chosen], strict=True):
        torch.testing.assert_close(image, TF.rgb_to_grayscale(other, num_output_channels=3))
