"""``rs-core weights``: the table, the cache and downloads by name."""

import json

import pytest

from rs_core.weights.download import cached_path
from rs_core.weights.published import PUBLISHED, PublishedWeights, list_published

NAME = "resnet_rs_50.here"


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, and no network."""
    monkeypatch.setenv("RS_CORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RS_CORE_OFFLINE", "1")
    return tmp_path / "cache"


@pytest.fixture
def weights(cache, monkeypatch):
    """A row of the table whose file lies in the cache."""
    row = PublishedWeights(
        architecture="resnet_rs_50", tag="here", url="https://host/net.h5", layout="keras", resolution=160, top1=78.8
    )
    monkeypatch.setitem(PUBLISHED, row.name, row)
    path = cached_path(row.url)
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(1_500_000))
    return path


def test_list_shows_all_published_weights(command, cache):
    lines = command("weights", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *list_published()]
    assert max(map(len, lines)) <= 100


def test_list_shows_what_is_known_and_leaves_open_what_is_not(command, weights):
    heading, line = command("weights", "list", NAME).out.splitlines()
    assert heading.split() == ["name", "architecture", "pixels", "top-1", "size", "cached"]
    assert line.split() == [NAME, "resnet_rs_50", "160", "78.8", "1.5", "MB", "yes"]
    line = command("weights", "list", "resnet_rs_50.keras-i160-notop").out.splitlines()[1]
    assert line.split() == ["resnet_rs_50.keras-i160-notop", "resnet_rs_50", "160", "-", "-", "no"]


def test_list_as_json_has_addresses_and_checksums(command, weights):
    rows = [json.loads(line) for line in command("weights", "list", "resnet_rs_50.*", "--json").out.splitlines()]
    assert [row["name"] for row in rows] == list_published("resnet_rs_50.*")
    assert rows[-1] == {
        "name": NAME,
        "architecture": "resnet_rs_50",
        "layout": "keras",
        "resolution": 160,
        "top1": 78.8,
        "num_bytes": 1_500_000,
        "sha256": None,
        "md5": None,
        "cached": True,
        "urls": ["https://host/net.h5"],
        "note": "",
    }


def test_list_as_json_has_no_size_of_what_is_not_cached(command, cache):
    (line,) = command("weights", "list", "r3d_50.cvrl-imagenet", "--json").out.splitlines()
    assert (json.loads(line)["num_bytes"], json.loads(line)["cached"]) == (None, False)


def test_list_of_nothing_says_how_to_search(refused, cache):
    assert refused("weights", "list", "timm") == "no published weights match 'timm'; try '*timm*'"


def test_fetch_prints_the_path_alone(command, weights):
    outcome = command("weights", "fetch", NAME)
    assert (outcome.code, outcome.out) == (0, f"{weights}\n")


def test_fetch_refuses_an_unknown_name_before_any_download(refused, weights):
    assert "did you mean" in refused("weights", "fetch", NAME, "resnet_rs_50.tf1-i16")


def test_fetch_offline_says_where_to_put_the_file(refused, command, cache):
    line = refused("weights", "fetch", "resnet_rs_50.tf1-i160")
    assert command("weights", "path", "resnet_rs_50.tf1-i160").out.strip() in line
    assert PUBLISHED["resnet_rs_50.tf1-i160"].url in line


def test_path_is_the_cache_folder(command, cache):
    assert command("weights", "path").out == f"{cache}\n"


def test_path_of_a_checkpoint_names_each_of_its_files(command, cache):
    lines = command("weights", "path", "resnet_50.simclr-v2-1x-pretrained").out.splitlines()
    assert [line.rpartition(".ckpt-250228")[2] for line in lines] == [".index", ".data-00000-of-00001"]
    assert all(line.startswith(str(cache)) for line in lines)


def test_an_unknown_action_is_met_with_the_nearest(refused):
    line = refused("weights", "lsit", "x")
    assert line == "unknown action 'lsit' (did you mean 'list'?); choose from list, fetch, path"


@pytest.mark.parametrize("action", ["list", "fetch", "path"])
def test_every_action_has_help(command, capsys, action):
    with pytest.raises(SystemExit):
        command("weights", action, "--help")
    assert capsys.readouterr().out.startswith(f"usage: rs-core weights {action}")
