"""``rs-semisup iterate``: the chain as one command."""

import pytest


@pytest.fixture
def arguments(digits):
    return (
        *("iterate", "--unlabelled", digits.unlabelled, "--data.train_index", digits.labelled, "--out", "chain"),
        *("--data.val_index", digits.held_out, "--data.num_workers", 0, "--run.device", "cpu", "--run.compile", "off"),
        *("--run.precision", "float32", "--range_rows", 512, "--per_class", 20, "--max_copies", 2, "--threshold", 0),
        *("--student", "resnet_rs_50_i160_semisup_laptop", "--epochs", "0.4", "--batch_size", 4),
    )


def test_a_recipe_as_teacher_is_trained_first_and_a_run_is_taken_as_it_is(command, arguments, tmp_path):
    outcome = command(*arguments, "--teacher", "resnet_rs_50_i160_laptop")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: chain/1-student"
    assert (tmp_path / "chain/0-teacher/model.safetensors").is_file()

    options = [argument if argument != "chain" else "next" for argument in arguments]
    outcome = command(*options, "--teacher", "chain/1-student")
    assert outcome.code == 0, outcome.err
    assert not (tmp_path / "next/0-teacher").exists()
    assert "1: chain/1-student labels" in outcome.out


def test_what_does_not_fit_is_refused(refused, arguments):
    assert "there is no setting --epoch" in refused(*arguments, "--teacher", "x", "--epoch", 3)
    assert "unknown recipe" in refused(*arguments, "--teacher", "x", "--student", "resnet_rs_5_semisup")
    assert "--resume" in refused(*arguments, "--teacher", "x", "--resume", "chain")
