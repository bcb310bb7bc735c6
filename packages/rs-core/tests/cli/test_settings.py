"""The settings of a run: where they come from, which one wins, and what is said of a wrong one."""

import dataclasses

import pytest
import yaml

from rs_core import UserError
from rs_core.cli.train import parse
from rs_core.models import FAMILIES
from rs_core.recipes import get_recipe, list_recipes
from rs_core.train.config import train_config
from rs_core.train.run import write_config


@pytest.fixture
def yaml_file(tmp_path):
    """Write settings to a YAML file and give its path."""

    def write(text, name="settings.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def complaint(*arguments):
    with pytest.raises(UserError) as caught:
        parse(list(arguments))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", [*list_recipes(), "resnet_rs_152_i256_laptop"])
def test_a_recipe_alone_is_exactly_that_recipe(name):
    assert parse(["--recipe", name]) == train_config(get_recipe(name))


@pytest.mark.parametrize("arguments", [[], ["--data.root", "digits"], ["--epochs", "3"]])
def test_digits_are_trained_by_the_laptop_recipe(arguments):
    assert parse(arguments).recipe == "resnet_rs_50_i160_laptop"


@pytest.mark.parametrize("arguments", [["--data.root", "photos"], ["--data.root=photos"]])
def test_other_data_are_trained_by_the_full_recipe(arguments):
    config = parse(arguments)
    assert config.recipe == "resnet_rs_50_i160"
    assert config.data.root == "photos"


def test_data_named_in_a_file_count_as_well(yaml_file):
    config = parse(["--config", yaml_file("data: {root: photos}")])
    assert (config.recipe, config.data.root) == ("resnet_rs_50_i160", "photos")


def test_a_single_setting_changes_nothing_else():
    recipe = get_recipe("resnet_rs_200_i256")
    expected = dataclasses.replace(recipe, model=dataclasses.replace(recipe.model, blocks=(1, 2, 3, 4)), epochs=5.0)
    assert parse(["--recipe", recipe.recipe, "--epochs", "5", "--model.blocks", "[1,2,3,4]"]) == train_config(expected)


def test_the_config_of_a_run_comes_back_as_it_was(tmp_path):
    config = parse(["--recipe", "resnet_rs_350_i320", "--run.seed", "7", "--optimizer.weight_decay", "1e-5"])
    write_config(config, tmp_path)
    assert parse(["--config", str(tmp_path / "config.yaml")]) == config


def test_the_printed_config_is_one_that_is_accepted(yaml_file, capsys):
    arguments = ["--recipe", "resnet_rs_101_i192", "--run.precision", "bfloat16", "--data.root", "photos"]
    with pytest.raises(SystemExit) as caught:
        parse([*arguments, "--print_config"])
    assert caught.value.code == 0
    assert parse(["--config", yaml_file(capsys.readouterr().out)]) == parse(arguments)


def test_settings_win_over_the_network_named_and_that_over_files_and_those_over_the_recipe(yaml_file):
    file = yaml_file(
        "recipe: resnet_rs_50_i160\nepochs: 7\nbatch_size: 32\nmodel: {blocks: [1, 1, 1, 1], dropout: 0.4}"
    )
    for arguments in (
        ["--config", file, "--model", "resnet_d_50", "--epochs", "2", "--model.width_multiplier", "0.5"],
        ["--model.width_multiplier", "0.5", "--epochs", "2", "--model", "resnet_d_50", "--config", file],
    ):
        config = parse(arguments)
        assert (config.epochs, config.batch_size, config.resolution) == (2.0, 32, 160)
        assert config.model.blocks == FAMILIES["resnet_d_50"].blocks
        assert (config.model.dropout, config.model.width_multiplier) == (0.4, 0.5)


def test_a_later_file_wins(yaml_file):
    first, second = yaml_file("epochs: 1\nbatch_size: 8", "a.yaml"), yaml_file("epochs: 2", "b.yaml")
    config = parse(["--config", first, "--config", second])
    assert (config.epochs, config.batch_size) == (2.0, 8)


def test_the_run_of_another_network_is_repeated_from_its_config(tmp_path):
    config = parse(["--model", "resnet_d_26"])
    write_config(config, tmp_path)
    assert parse(["--config", str(tmp_path / "config.yaml")]) == config
    swapped = parse(["--config", str(tmp_path / "config.yaml"), "--model", "resnet_18"])
    assert swapped.recipe == "resnet_18_by_resnet_rs_50_i160_laptop"


def test_numbers_may_be_written_without_a_decimal_point(yaml_file):
    # YAML reads 4e-5 as text.
    assert yaml.safe_load("4e-5") == "4e-5"
    assert parse(["--config", yaml_file("optimizer: {weight_decay: 4e-5}")]).optimizer.weight_decay == 4e-5
    assert parse(["--optimizer.weight_decay", "4e-5"]).optimizer.weight_decay == 4e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--epoch 3", "there is no setting --epoch (did you mean '--epochs'?); see rs-core train --help"),
        ("--run.sede=3", "there is no setting --run.sede (did you mean '--run.seed'?); see rs-core train --help"),
        ("--xyz 3", "there is no setting --xyz; see rs-core train --help"),
        ("photos", "there is no setting photos; see rs-core train --help"),
        ("--epochs abc", "--epochs=abc: give a number"),
        ("--epochs nan", "--epochs=nan: give a number"),
        ("--epochs 1e999", "epochs=inf: give a number"),
        ("--epochs", "argument --epochs: expected one argument; see rs-core train --help"),
        ("--recipe", "argument --recipe: expected one argument; see rs-core train --help"),
        ("--batch_size 1.5", "--batch_size=1.5: give an integer"),
        ("--optimizer.nesterov 2", "--optimizer.nesterov=2: give true or false"),
        ("--model.stem 8x8", "--model.stem=8x8: give one of ['7x7', 'deep', 'small']"),
        ("--model.blocks 3", "--model.blocks=3: give a list such as [1,2]"),
        ("--model.blocks [1,2]", "--model.blocks=[1, 2]: give a list of 4 elements"),
        ("--model.blocks [1,2,3,x]", "--model.blocks=x: give an integer"),
        ("--model.blocks [0,1,1,1]", "blocks=(0, 1, 1, 1): give four positive counts, for c2, c3, c4 and c5"),
        ("--data photos", "--data holds several settings; name one of them, such as --data.root"),
        ("--model resnet_d_5", "unknown model 'resnet_d_5' (did you mean 'resnet_d_50'?); list_models() has all names"),
        ("--config no.yaml", "--config no.yaml: No such file or directory; give a YAML file"),
    ],
)
def test_a_wrong_argument_is_named_with_what_to_give(arguments, message):
    assert complaint(*arguments.split()) == message


def test_an_unknown_recipe_is_met_with_the_nearest():
    assert "did you mean 'resnet_rs_50_i160'?" in complaint("--recipe", "resnet_rs_50")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle: {blocks: [1, 1, 1, 1]}", "there is no setting modle (did you mean 'model'?)"),
        ("model: {stm: deep}", "there is no setting model.stm (did you mean 'stem'?)"),
        ("epochs: abc", "epochs='abc': give a number"),
        ("epochs: .inf", "epochs=inf: give a number"),
        ("resolution: 160.5", "resolution=160.5: give an integer"),
        ("run: {channels_last: 1}", "run.channels_last=1: give true or false"),
        ("data: {root: 3}", "data.root=3: give text"),
        ("model: {blocks: [1, 1]}", "model.blocks=[1, 1]: give a list of 4"),
        ("crop_rule: tf3", "crop_rule='tf3': choose from ['tf1', 'tf2'] (did you mean 'tf2'?)"),
        (
            "model: resnet_d_50",
            "model='resnet_d_50': holds several settings, so name one of them, such as model.blocks",
        ),
        ("[1, 2]", "holds no settings; give YAML such as the config.yaml of a run"),
        ("", "holds no settings; give YAML such as the config.yaml of a run"),
    ],
)
def test_a_wrong_setting_in_a_file_is_named_with_the_file(yaml_file, text, message):
    path = yaml_file(text)
    assert complaint("--config", path) == f"--config {path}: {message}"


@pytest.mark.parametrize("content", [b"[1, 2", b"\xff\xfe\x00"])
def test_a_file_that_is_no_yaml_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "x.yaml").write_bytes(content)
    assert "x.yaml: not readable as YAML (" in complaint("--config", str(tmp_path / "x.yaml"))


def test_a_recipe_beside_a_file_of_another_is_refused(yaml_file):
    file = yaml_file("recipe: resnet_rs_50_i160")
    assert "leave one of them out" in complaint("--recipe", "resnet_rs_101_i160", "--config", file)
