"""``rs-semisup verify`` proves that all is there, or says what is not."""

import pytest

from rs_semisup.label import LabelConfig, label


@pytest.fixture
def predictions(teacher_file, pictures, tmp_path):
    return label(
        LabelConfig(
            teacher=str(teacher_file),
            index=str(pictures),
            out=str(tmp_path / "labels"),
            range_rows=8,
            batch_size=8,
            num_workers=0,
            device="cpu",
            precision="float32",
        )
    )


def test_sound_predictions_are_verified_and_unreadable_images_named(command, predictions, pictures):
    outcome = command("verify", "labels", "--index", pictures, "--workers", 1)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[1:3] == ["rows       each of 45 once, in 6 files", "left out   3 images that cannot be read"]
    assert lines[3].startswith(f"           row 7, {pictures.parent}/images/all/07.jpg: truncated or damaged")
    assert lines[4].startswith("           row 20, ")
    assert lines[-1] == "verified   labels"


def test_without_the_index_rows_have_numbers_only(command, predictions):
    out = command("verify", "labels", "--workers", 1).out
    assert "           row 20: not a JPEG, PNG, WebP or BMP image (0 bytes)\n" in out


def test_each_problem_is_a_line_and_the_exit_code_is_2(command, predictions):
    predictions.path(1).unlink()
    predictions.path(2).write_bytes(b"PAR1")
    (predictions.directory / "notes.txt").touch()
    outcome = command("verify", "labels", "--workers", 1)
    assert outcome.code == 2
    assert len(outcome.out.splitlines()) == 3
    assert outcome.err == "rs-semisup: labels: 3 problems; the lines above say what to do\n"


def test_a_folder_without_predictions_is_refused(refused):
    assert refused("verify", "nowhere") == "nowhere: no predictions there; make some with rs-semisup label"
