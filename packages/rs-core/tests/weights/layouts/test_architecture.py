"""Finding a network's numbers from widths, and its name."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rs_core import UserError
from rs_core.models.config import STAGE_WIDTHS, ResNetConfig
from rs_core.models.families import FAMILIES
from rs_core.weights.layouts.architecture import (
    Outline,
    common_factor,
    config_of,
    most_common,
    name_architecture,
    nearest_row,
)

RS_50 = FAMILIES["resnet_rs_50"]


def outline_of(config, **changes):
    """The outline that a complete file of this network has."""
    outline = Outline(
        block=config.block,
        blocks=config.blocks,
        widths=config.stage_widths,
        squeezed=tuple(
            max(1, int(width * (4 if config.block == "bottleneck" else 1) * config.se_ratio))
            for width in config.stage_widths
        )
        if config.se_ratio
        else (),
        stem=config.scaled_stem_widths if config.stem == "deep" else config.scaled_stem_widths[-1:],
        stem_downsampling=config.stem_downsampling,
        downsampling=config.downsampling,
        in_channels=config.in_channels,
        num_classes=config.num_classes,
    )
    return dataclasses.replace(outline, **changes)


@pytest.mark.parametrize("name", [name for name, row in FAMILIES.items() if isinstance(row, ResNetConfig)])
def test_every_row_is_found_again_and_called_by_its_name(name):
    assert config_of(outline_of(FAMILIES[name]), "x") == FAMILIES[name]
    assert name_architecture(FAMILIES[name]) == name


@given(
    multiplier=st.integers(2, 400).map(lambda hundredths: hundredths / 100),
    se_ratio=st.sampled_from([0.0, 0.0625, 0.1, 0.25, 0.5, 1.0]),
    stem=st.sampled_from([None, (24, 32, 64), (64, 64, 128), (3, 5, 7)]),
    scale_stem=st.booleans(),
)
def test_any_width_is_found_again_as_a_network_of_the_same_widths(multiplier, se_ratio, stem, scale_stem):
    changes = {"stem_widths": stem} if stem else {}
    config = dataclasses.replace(
        RS_50, width_multiplier=multiplier, se_ratio=se_ratio, scale_stem=scale_stem, **changes
    )
    found = config_of(outline_of(config), "x")
    assert outline_of(found) == outline_of(config)


@given(factor=st.integers(2, 300).map(lambda hundredths: hundredths / 100))
def test_the_factor_has_no_more_digits_than_the_one_that_was_used(factor):
    scaled = tuple(int(width * factor) for width in STAGE_WIDTHS)
    found = common_factor(scaled, STAGE_WIDTHS, "x")
    assert tuple(int(width * found) for width in STAGE_WIDTHS) == scaled
    assert len(str(found)) <= len(str(factor))


@pytest.mark.parametrize("widths", [(64, 128, 256, 500), (64, 128, 256, 0), (0, 0, 0, 0)])
def test_widths_of_no_common_factor_are_refused(widths):
    with pytest.raises(UserError, match=r"^x have inner widths"):
        config_of(outline_of(RS_50, widths=widths), "x")


def test_squeezed_widths_of_no_common_ratio_are_refused():
    with pytest.raises(UserError, match=r"squeezed widths \(64, 128, 256, 0\)"):
        config_of(outline_of(RS_50, squeezed=(64, 128, 256, 0)), "x")


def test_another_number_of_stages_is_refused():
    with pytest.raises(UserError, match="3 stages"):
        config_of(outline_of(RS_50, blocks=(3, 4, 6)), "x")


def test_the_name_lists_every_field_that_differs_from_the_nearest_row():
    config = dataclasses.replace(FAMILIES["resnet_101"], stem_pool_padding="same", num_classes=1001)
    assert nearest_row(config) == ("resnet_101", {"num_classes": 1001, "stem_pool_padding": "same"})
    assert name_architecture(config) == "resnet_101 with num_classes=1001, stem_pool_padding='same'"


def test_a_wrong_size_is_outvoted_and_the_first_of_equals_wins():
    assert most_common([64, 7, 64]) == 64
    assert most_common([1000, 1001]) == 1000
    assert most_common([], default=3) == 3
