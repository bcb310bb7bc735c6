import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rs_core.data.randaugment import OPERATIONS, RandAugment, RandAugmentConfig, apply_op
from rs_core.errors import UserError

MODES = ("faithful", "pil")
FORMATS = (torch.contiguous_format, torch.channels_last)


def pictures(num_images: int, height: int = 12, width: int = 17, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (num_images, 3, height, width), dtype=torch.uint8, generator=generator)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=20, deadline=None)
@given(
    num_images=st.integers(0, 40),
    num_layers=st.integers(0, 3),
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_a_batch_gives_what_its_images_give_one_after_the_other(
    mode, num_images: int, num_layers: int, seed: int, shape: tuple[int, int]
):
    augment = RandAugment(RandAugmentConfig(num_layers=num_layers, magnitude=7, mode=mode, cutout_const=5))
    images = pictures(num_images, *shape, seed=seed)
    generator = seeded(seed)
    alone = [augment(image[None], generator) for image in images]
    assert torch.equal(augment(images, seeded(seed)), torch.cat([images[:0], *alone]))


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(OPERATIONS),
    rows=st.lists(st.integers(0, 5), max_size=9),
    magnitude=st.floats(0, 30),
    negative=st.booleans(),
)
def test_any_choice_of_images_in_any_order_gives_the_same_choice_of_results(
    mode, name: str, rows: list[int], magnitude: float, negative: bool
):
    images = pictures(6)
    chosen = torch.tensor(rows, dtype=torch.int64)
    whole = apply_op(name, images, magnitude, negative=negative, mode=mode)
    part = apply_op(name, images[chosen], magnitude, negative=negative, mode=mode)
    assert torch.equal(part, whole[chosen])


@pytest.mark.parametrize("mode", MODES)
def test_memory_layout_does_not_change_the_result_and_is_kept(mode):
    images = pictures(64)
    augment = RandAugment(RandAugmentConfig(mode=mode))
    expected = augment(images, seeded(1))
    assert expected.is_contiguous()
    channels_last = augment(images.contiguous(memory_format=torch.channels_last), seeded(1))
    assert channels_last.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(channels_last, expected)
    strided = images.repeat_interleave(2, dim=3)[..., ::2]
    assert not strided.is_contiguous()
    assert torch.equal(augment(strided, seeded(1)), expected)


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("num_layers", [0, 2])
def test_the_input_is_neither_changed_nor_shared(num_layers: int, memory_format: torch.memory_format):
    images = pictures(64).contiguous(memory_format=memory_format)
    before = images.clone()
    result = RandAugment(RandAugmentConfig(num_layers=num_layers))(images, seeded(0))
    result.zero_()
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("mode", MODES)
def test_one_operation_neither_changes_nor_shares_its_input(name: str, mode):
    images = pictures(3).contiguous(memory_format=torch.channels_last)
    before = images.clone()
    apply_op(name, images, 20, mode=mode).zero_()
    assert torch.equal(images, before)


def test_the_same_seed_gives_the_same_images_and_another_seed_others():
    images = pictures(64)
    augment = RandAugment(RandAugmentConfig())
    assert torch.equal(augment(images, seeded(3)), augment(images, seeded(3)))
    assert not torch.equal(augment(images, seeded(3)), augment(images, seeded(4)))


def test_layers_follow_each_other():
    images = pictures(5)
    config = RandAugmentConfig(num_layers=3, ops=("SolarizeAdd",), magnitude=2)
    expected = images
    for _ in range(3):
        expected = apply_op("SolarizeAdd", expected, 2)
    assert torch.equal(RandAugment(config)(images, seeded(0)), expected)


def test_only_the_named_operations_are_drawn():
    images = pictures(200)
    result = RandAugment(RandAugmentConfig(num_layers=1, ops=("Invert", "Posterize")))(images, seeded(0))
    inverted = (result == 255 - images).flatten(1).all(1)
    posterized = (result == apply_op("Posterize", images, 10)).flatten(1).all(1)
    assert torch.equal(inverted, ~posterized)
    assert 60 < inverted.sum() < 140


def test_both_signs_are_drawn_where_there_is_one():
    images = pictures(200)
    result = RandAugment(RandAugmentConfig(num_layers=1, magnitude=1, ops=("TranslateX",)))(images, seeded(0))
    left = (result[..., :7] == images[..., 10:]).flatten(1).all(1)
    right = (result[..., 10:] == images[..., :7]).flatten(1).all(1)
    assert torch.equal(left, ~right)
    assert 60 < left.sum() < 140


def test_pixel_constants_are_absolute_in_faithful_mode_and_follow_the_image_in_pil_mode():
    images = pictures(1, 112, 112)
    faithful = apply_op("TranslateX", images, 10, translate_const=20)
    assert torch.equal(faithful[..., :92], images[..., 20:])
    pil = apply_op("TranslateX", images, 10, translate_const=20, mode="pil")
    assert torch.equal(pil[..., :102], images[..., 10:])


def test_cutout_takes_one_centre_for_all_images_or_one_each():
    images = pictures(2)
    each = apply_op("Cutout", images, 1, centre=torch.tensor([[2, 3], [8, 9]]))
    assert torch.equal(each[:1], apply_op("Cutout", images[:1], 1, centre=(2, 3)))
    assert torch.equal(each[1:], apply_op("Cutout", images[1:], 1, centre=(8, 9)))


@pytest.mark.parametrize(
    "images",
    [torch.zeros(2, 3, 8, 8), torch.zeros(3, 8, 8, dtype=torch.uint8), torch.zeros(2, 8, 8, 3, dtype=torch.uint8)],
    ids=["float", "one image", "channels in the last dimension"],
)
def test_other_images_are_refused_in_one_line(images: Tensor):
    with pytest.raises(UserError, match=r"takes uint8 images \[N, 3, H, W\]") as error:
        RandAugment(RandAugmentConfig())(images, seeded(0))
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="takes uint8 images"):
        apply_op("Invert", images, 10)


def test_an_unknown_operation_is_refused_with_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'Rotate'"):
        apply_op("rotate", pictures(1), 10)
