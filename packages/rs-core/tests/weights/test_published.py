"""The table of official addresses, against the packages that download from the same ones."""

import re

import pytest

from rs_core import UserError, list_models
from rs_core.recipes import get_recipe, list_recipes
from rs_core.weights.download import cached_path
from rs_core.weights.published import PUBLISHED, find_published, list_published

ROWS = list(PUBLISHED.values())


def test_every_released_model_is_there():
    assert len(list_published("resnet_rs_*.tf1-*")) == 11
    assert len(list_published("resnet_rs_*.tf2-*")) == 10
    assert len(list_published("resnet_rs_*.keras-*")) == 22
    assert len(list_published("resnet_rs_*.timm")) == 7
    assert len(list_published("resnet_*.torchvision-v1")) == 5
    assert len(list_published("r3d_50.cvrl-*")) == 4
    assert len(list_published("resnet_*.simclr-v1-*")) == 9
    assert len(list_published("resnet_*.simclr-v2-*")) == 65


def test_simclr_v2_with_selective_kernels_is_a_resnet_d():
    for name in list_published("*.simclr-v2-*"):
        row, url = PUBLISHED[name], PUBLISHED[name].url
        depth, width, selective = re.search(r"/r(\d+)_(\d)x_sk(\d)/model.ckpt-\d+$", url).groups()
        assert row.architecture == (f"resnet_d_{depth}" if selective == "1" else f"resnet_{depth}")
        assert (f"{width}x-sk1-" if selective == "1" else f"{width}x-") in row.tag
        assert ("selective kernels" in row.note) == (selective == "1")


def test_each_recipe_has_the_weights_that_it_made():
    for name in list_recipes():
        recipe = get_recipe(name)
        published = find_published(name.replace("_i", ".tf1-i"))
        assert (published.resolution, published.top1) == (recipe.resolution, recipe.published_top1)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_well_formed(row):
    assert row.architecture in list_models()
    assert row.layout in ("tf1", "model_garden", "keras", "timm", "simclr")
    assert row.resolution % 32 == 0
    assert row.top1 is None or 50 < row.top1 < 90
    assert row.md5 is None or re.fullmatch("[0-9a-f]{32}", row.md5)
    assert row.sha256 is None or re.fullmatch("[0-9a-f]{8,64}", row.sha256)
    assert all(url.startswith("https://") for url in row.urls)
    assert all(cached_path(url).name for url in row.urls)


def test_no_two_rows_share_a_file():
    urls = [url for row in ROWS for url in row.urls]
    assert len(urls) == len(set(urls))


def test_addresses_and_resolutions_of_timm_are_those_of_timm():
    timm = pytest.importorskip("timm")
    for name in list_published("*.timm"):
        row = PUBLISHED[name]
        config = timm.get_pretrained_cfg(row.architecture.replace("_", "") + ".tf_in1k")
        assert row.url == config.url
        assert row.resolution == config.input_size[1]
        assert row.url.endswith(f"-{row.sha256}.pth")


def test_addresses_and_accuracies_of_torchvision_are_those_of_torchvision():
    torchvision = pytest.importorskip("torchvision")
    for name in list_published("*.torchvision-v1"):
        row = PUBLISHED[name]
        theirs = torchvision.models.get_model_weights(row.architecture.replace("_", "")).IMAGENET1K_V1
        assert row.url == theirs.url
        assert row.top1 == theirs.meta["_metrics"]["ImageNet-1K"]["acc@1"]
        assert row.resolution == theirs.transforms().crop_size[0]
        assert row.url.endswith(f"-{row.sha256}.pth")


@pytest.mark.slow
@pytest.mark.usefixtures("tensorflow")
def test_addresses_and_checksums_of_keras_are_those_of_keras():
    pytest.importorskip("tf_keras")
    from tf_keras.src.applications import resnet_rs  # noqa: PLC0415  # it takes long and is not everywhere

    ours = {PUBLISHED[name].url: PUBLISHED[name].md5 for name in list_published("*.keras-*")}
    theirs = {resnet_rs.BASE_WEIGHTS_URL + file: md5 for file, md5 in resnet_rs.WEIGHT_HASHES.items()}
    assert ours == theirs


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UserError, match=r"'resnet_rs_50.tf1-i16'.*did you mean 'resnet_rs_50.tf1-i160'"):
        find_published("resnet_rs_50.tf1-i16")


def test_a_pattern_filters_names():
    assert list_published("resnet_rs_420.*") == [
        "resnet_rs_420.tf1-i320",
        "resnet_rs_420.keras-i320",
        "resnet_rs_420.keras-i320-notop",
        "resnet_rs_420.timm",
    ]
