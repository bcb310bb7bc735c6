"""``rs-semisup label`` as a user meets it."""

import builtins

import pytest

from rs_semisup.predictions.store import open_predictions

MACHINE = ("--device", "cpu", "--precision", "float32", "--num_workers", 0)
SMALL = ("--range_rows", 8, "--batch_size", 4, *MACHINE)


@pytest.fixture
def teacher_and_index(teacher_file, pictures):
    return ("--teacher", teacher_file, "--index", pictures)


def test_the_last_line_says_where_the_predictions_are(command, teacher_and_index, teacher_file, tmp_path):
    outcome = command("label", *teacher_and_index, "--out", "labels", *SMALL)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        f"teacher    {teacher_file}, 24 px, float32",
        "classes    5, all",
        "images     45 in 6 files",
        "left out   3 images that cannot be read; rs-semisup verify names them",
        "predictions: labels",
    ]
    assert open_predictions(tmp_path / "labels").missing() == []


def test_lines_say_how_far_it_is(command, teacher_and_index, monkeypatch):
    monkeypatch.setattr("rs_semisup.cli.label_progress.LINE_EVERY", 0)
    lines = command("label", *teacher_and_index, "--out", "labels", *SMALL).err.splitlines()
    assert lines[-1].startswith("labelling: ")
    assert " of 6 ranges, 45 of 45 images, " in lines[-1]
    assert lines[-1].endswith(" a second, ETA 0:00:00")
    assert len(lines) == 12


def test_other_processes_of_torchrun_are_silent(command, teacher_and_index, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("rs_semisup.cli.label_progress.LINE_EVERY", 0)
    outcome = command("label", *teacher_and_index, "--out", "labels", *SMALL)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--num_classes", 7), "knows 5 classes, not 7"),
        (("--range_rows", 9, "--batch_size", 4), "range_rows=9: give a multiple of batch_size=4, such as 8"),
        (("--engine", "spark"), "invalid choice: 'spark'"),
        (("--top-k", 3), "unrecognized arguments: --top-k 3 (did you mean '--top_k'?)"),
        (("--device", "tpu"), "device='tpu' is no device"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(refused, teacher_and_index, tmp_path, options, message):
    assert message in refused("label", *teacher_and_index, "--out", "labels", *MACHINE, *options)
    assert not (tmp_path / "labels/manifest.json").exists()


def test_a_folder_that_is_no_index_is_refused(refused, teacher_file):
    assert "no index there" in refused("label", "--teacher", teacher_file, "--index", "nowhere", "--out", "labels")


def test_a_run_that_is_not_finished_is_no_teacher(refused, pictures, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/config.yaml").touch()
    message = refused("label", "--teacher", "run", "--index", pictures, "--out", "labels")
    assert message.startswith("run: the run is not finished")


def test_without_ray_one_line_says_what_to_install(refused, teacher_and_index, monkeypatch):
    imported = builtins.__import__

    def without_ray(name, *arguments):
        if name == "rs_semisup.label.on_ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        return imported(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    message = refused("label", *teacher_and_index, "--out", "labels", "--engine", "ray")
    assert message == "--engine ray needs ray, which is not installed: pip install 'rs-semisup[ray]'"
