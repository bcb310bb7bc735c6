"""Batches of views against the same draws applied image by image with torchvision, in the stated order."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as TF

from rs_core import UserError
from rs_transfer.simclr.views import ViewAugment, ViewsConfig
from rs_transfer.simclr.views.draws import NOT_JITTERED, ORDERS, draw


def view_of(image, draws, place, radius, is_factor=True):
    """The view of one uint8 image, by torchvision's functions."""
    view = image.float() / 255
    if draws.flipped[place]:
        view = TF.hflip(view)
    amounts = [getattr(draws, name)[place].item() for name in ("brightness", "contrast", "saturation", "hue")]
    changes = [
        TF.adjust_brightness if is_factor else lambda view, amount: (view + amount).clamp(0, 1),
        TF.adjust_contrast,
        TF.adjust_saturation,
        TF.adjust_hue,
    ]
    if draws.orders[place] != NOT_JITTERED:
        for number in ORDERS[draws.orders[place]]:
            view = changes[number](view, amounts[number])
    if draws.grey[place]:
        view = TF.rgb_to_grayscale(view, num_output_channels=3)
    if draws.blurred[place]:
        view = TF.gaussian_blur(view, 2 * radius + 1, draws.sigmas[place].item())
    return view


def assert_views_are_torchvisions(images, config, radius, seed=0):
    augment = ViewAugment(config, horizontal_flip=0.5)
    views = augment(images, torch.Generator().manual_seed(seed))
    draws = draw(config, 0.5, len(images), torch.Generator().manual_seed(seed))
    is_factor = config.brightness == "multiplicative"
    assert views.dtype == torch.float32
    assert views.shape == images.shape
    for place, image in enumerate(images):
        expected = view_of(image, draws, place, radius, is_factor)
        # A pixel at the edge between two hues may fall on either side of it.
        assert (views[place] - expected).abs().mean() < 1e-5
        assert (views[place] - expected).abs().max() < 1 / 255, place


@pytest.mark.parametrize("brightness", ["multiplicative", "additive"])
@pytest.mark.parametrize("seed", range(4))
def test_a_batch_of_views_is_torchvisions_of_each_image(crops, brightness, seed):
    assert_views_are_torchvisions(crops, ViewsConfig(brightness=brightness), radius=2, seed=seed)


def test_views_of_photos_are_torchvisions(shared):
    paths = sorted((shared / "data/imagenet_photos/train").rglob("*.JPEG"))[:12]
    photos = [np.array(Image.open(path).convert("RGB").resize((224, 224))) for path in paths]
    images = torch.stack([torch.from_numpy(photo).permute(2, 0, 1) for photo in photos]).contiguous()
    assert len(images) == 12
    assert_views_are_torchvisions(images, ViewsConfig(), radius=11)


def test_nothing_happens_to_a_view_for_which_nothing_is_drawn(crops):
    augment = ViewAugment(ViewsConfig(jitter=0, grey=0, blur=0), horizontal_flip=0)
    assert torch.equal(augment(crops, torch.Generator().manual_seed(0)), crops.float() / 255)


def test_a_view_does_not_depend_on_how_many_are_made_at_once(crops, monkeypatch):
    augment = ViewAugment(ViewsConfig(), horizontal_flip=0.5)
    whole = augment(crops, torch.Generator().manual_seed(1))
    monkeypatch.setattr("rs_transfer.simclr.views.augment.CACHED_VALUES", 1)
    one_by_one = augment(crops, torch.Generator().manual_seed(1))
    torch.testing.assert_close(whole, one_by_one, rtol=0, atol=3e-5)


def test_the_crops_stay_as_they_are(crops):
    before = crops.clone()
    ViewAugment(ViewsConfig(), horizontal_flip=0.5)(crops, torch.Generator().manual_seed(0))
    assert torch.equal(crops, before)


@pytest.mark.parametrize("images", [torch.zeros(2, 3, 8, 8), torch.zeros(2, 1, 8, 8, dtype=torch.uint8)])
def test_other_images_are_refused(images):
    with pytest.raises(UserError, match="views are made of uint8 images"):
        ViewAugment(ViewsConfig(), horizontal_flip=0)(images, torch.Generator())
