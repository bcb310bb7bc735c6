"""``rs-core study ladder`` as a user meets it: the listing, the options, and what it refuses."""

import subprocess
import sys

import pytest

from rs_core.cli.study.ladder import LADDER
from rs_core.train.config import DIGITS


def study_of(*arguments):
    options, settings = LADDER.split_options(list(arguments))
    return LADDER.with_settings(LADDER.study(options), settings)


@pytest.mark.parametrize(("table", "num_rows"), [("additive", 11), ("weight_decay", 12), ("tricks", 18)])
def test_every_row_is_a_line_with_its_published_figure(command, table, num_rows):
    outcome = command("study", "ladder", table, "--list")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert len(lines) == num_rows
    assert all("[published: " in line for line in lines)


def test_the_additive_study_is_the_default(command):
    assert command("study", "ladder", "--list").out == command("study", "ladder", "additive", "--list").out


def test_it_lists_the_chosen_rows_alone(command):
    out = command("study", "ladder", "--steps", "*cosine, *ema", "--list").out
    assert [line.split()[0] for line in out.splitlines()] == ["resnet_200", "resnet_200_cosine", "resnet_200_ema"]


def test_listing_and_mistakes_wait_for_no_plotting():
    lines = "import rs_core.cli.study.ladder, sys; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_help_has_the_options_of_the_study_and_leads_to_the_settings_of_training(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as caught:
        command("study", "ladder", "--help")
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: rs-core study ladder")
    for option in ("--steps", "--list", "--model", "--seeds", "--laptop", "--out", "--jobs", "rs-core train --help"):
        assert option in out
    assert max(map(len, out.splitlines())) <= 100


def test_the_digits_get_the_laptop_form_and_other_data_the_rows_as_they_stand():
    assert study_of().laptop is not None
    assert study_of("--data.root", DIGITS).laptop is not None
    assert study_of("--laptop", "false").laptop is None
    assert study_of("--data.root", "/data/imagenet").laptop is None
    assert study_of("--data.train_index", "train.index", "--data.val_index", "val.index").laptop is None
    assert study_of("--data.root", "/data/imagenet", "--laptop", "true").laptop is not None


def test_what_follows_a_setting_is_no_table():
    study = study_of("weight_decay", "--optimizer.momentum", "0.8", "--data.root=/data/imagenet")
    assert study.ladder is LADDER.ladders["weight_decay"]
    assert study.settings == {"optimizer.momentum": 0.8, "data.root": "/data/imagenet"}
    assert study_of("--optimizer.momentum", "0.8").ladder is LADDER.ladders["additive"]


def test_a_setting_counts_even_where_it_is_what_the_first_row_has():
    assert study_of("weight_decay", "--laptop", "false", "--resolution", "224").settings == {"resolution": 224}


def test_options_reach_the_study():
    study = study_of("tricks", "--seeds", "3", "--epochs", "2.5", "--out", "x", "--jobs", "1", "--model", "resnet_26")
    assert (study.seeds, study.epochs, study.out, study.jobs, study.model) == (3, 2.5, "x", 1, "resnet_26")
    assert study_of("tricks").out == "runs/ladder_tricks"
    assert study_of("tricks", "--distillation.teacher", "runs/a").teacher == "runs/a"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("additiv",), "there is no table 'additiv' (did you mean 'additive'?)"),
        (("--steps", "resnet_200_cosin"), "there is no step 'resnet_200_cosin' (did you mean 'resnet_200_cosine'?)"),
        (("--seed", "3"), "there is no option --seed (did you mean '--seeds'?); see rs-core study ladder --help"),
        (("--seeds", "0"), "argument --seeds: '0': give a whole number of at least 1"),
        (("--epochs", "-1"), "seeds=2, jobs=0, epochs=-1.0: give a seed at least"),
        (
            ("--optimizer.momentun", "1"),
            "there is no setting --optimizer.momentun (did you mean",
        ),
        (("--run.directory", "x"), "--run.directory: belongs to the study; --out names the folder of all runs"),
        (("--run.seed", "x"), "--run.seed=x: give an integer"),
        (("--run.seed", "1"), "--run.seed: belongs to the study; --seeds gives their number"),
        (("--model", "resnet_12"), "unknown model 'resnet_12'"),
        (("--distillation.teacher", "runs/a"), "--distillation.teacher runs/a: no row of this table distils"),
        (("--label_smoothing", "2"), "label_smoothing=2.0"),
        (("--resolution", "16"), "resolution=16 is smaller than the network's stride 32"),
    ],
)
def test_a_mistake_is_one_line(refused, arguments, message):
    assert refused("study", "ladder", *arguments).startswith(message)


def test_data_that_are_not_there_stop_the_study_with_one_line(refused):
    message = refused("study", "ladder", "--steps", "resnet_200", "--seeds", "1", "--data.root", "nowhere")
    assert message.startswith("nowhere")
