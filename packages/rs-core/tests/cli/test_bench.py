"""``rs-core bench``: what it prints and what it refuses."""

import json
import sys
from functools import partial

import pytest

from rs_core.bench.models.measurement import measure
from rs_core.bench.models.own_process import OutOfMemory
from rs_core.bench.models.round import Round
from rs_core.cli import main
from rs_core.cli.bench import models

QUICK = ["bench", "loader", "--resolution", "16", "--workers", "0", "--batch_size", "8", "--seconds", "0.05"]
SHORT = ("--device", "cpu", "--seconds", "0.05", "--rounds", "1", "--threads", "1")


def test_the_loader_is_measured_on_the_built_in_digits(capsys):
    assert main(QUICK) == 0
    out = capsys.readouterr().out
    assert "images/s ready for the model" in out
    assert "JPEG by " in out
    for part in ("read", "decode", "resize", "hand_over", "augment"):
        assert f"\n  {part} " in out


def test_json_holds_the_same_figures(capsys):
    assert main([*QUICK, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {"images_per_second", "images_per_second_per_core", "decoder", "parts", "share_of_decoder"} <= set(figures)


def test_a_folder_of_classes_is_measured_as_it_is(shared, capsys):
    assert main([*QUICK, "--data", str(shared / "data/imagenet_photos/train")]) == 0
    assert "bytes to cropped pixels at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["bench", "loder"], "no model 'loder' (did you mean 'loader'?)"),
        ([*QUICK, "--data", "nowhere"], "nowhere: no such folder"),
        ([*QUICK, "--workers", "-1"], "--workers -1: give 0 or more"),
    ],
)
def test_mistakes_are_answered_with_one_line(arguments, complaint, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


@pytest.fixture
def in_process(monkeypatch):
    """Rounds are measured without a process for each, of one step a millisecond long."""

    def run_round(line, seconds, num_threads):
        side = line.row.resolution
        blocks = (side / 1000, 1.1 * side / 1000)
        return Round(block_seconds=blocks, steps_per_block=1, warm_up_seconds=0.5, peak_memory_bytes=2**20 * side)

    monkeypatch.setattr(models, "measure", partial(measure, run_round=run_round))


def test_networks_are_measured_in_processes_of_their_own(command):
    outcome = command("bench", "resnet_18@32", "--batch_size", 2, "--mode", "inference", *SHORT, "--json")
    assert outcome.code == 0
    (line,) = json.loads(outcome.out)["lines"]
    assert line["status"] == "measured"
    assert (line["row"], line["batch_size"], line["num_rounds"]) == ("resnet_18@32", 2, 1)
    assert line["images_per_second"] == pytest.approx(2 / line["latency_seconds"])
    assert line["peak_memory_bytes"] > 11.7e6 * 4
    assert "round 1/1, line 1/1: resnet_18@32 inference cpu float32 channels_last eager" in outcome.err


def test_a_row_for_which_memory_does_not_suffice_is_a_result(command, monkeypatch):
    def run_round(line, seconds, num_threads):
        raise OutOfMemory("killed by the system")

    monkeypatch.setattr(models, "measure", partial(measure, run_round=run_round))
    outcome = command("bench", "resnet_18@32", "--mode", "training", "--batch_size", 4, *SHORT)
    assert outcome.code == 0
    assert "resnet_18@32: out of memory; killed by the system" in outcome.out
    assert "out of memory with batches of 2: killed by the system" in outcome.err


def test_every_combination_is_a_line(command, in_process):
    lists = ("--precision", "float32,bfloat16", "--memory_format", "contiguous,channels_last", "--device", "cpu")
    outcome = command("bench", "resnet_18@32", "resnet_34@64", *lists, "--json")
    lines = json.loads(outcome.out)["lines"]
    assert len(lines) == 2 * 2 * 2 * 2
    assert len({(line["row"], line["mode"], line["precision"], line["memory_format"]) for line in lines}) == 16


def test_the_table_has_counts_times_and_published_figures(command, in_process):
    outcome = command("bench", "resnet_rs_50", "--mode", "training", "--device", "cpu")
    assert outcome.code == 0
    assert "35.69" in outcome.out
    assert "training cpu float32 channels_last eager" in outcome.out
    assert outcome.out.splitlines()[-1].split() == ["resnet_rs_50@160", "16", "168", "5.5", "95.24", "160"]


def test_pictures_are_written_and_made_again_from_the_figures(command, in_process, tmp_path):
    rows = ("resnet_rs_50", "resnet_18@64", "--top1", "resnet_18@64=70.1", "--device", "cpu")
    outcome = command("bench", *rows, "--plot", "out")
    assert outcome.code == 0
    assert f"wrote {'out/bench.html'}" in outcome.err
    again = command("bench", "--from", "out/bench.json", "--plot", "again", "--top1", "resnet_18@64=71.5")
    assert (again.code, "71.5*" in again.out) == (0, True)
    names = sorted(path.name for path in (tmp_path / "again").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(names) == 2 + 2 * 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["resnet_rs_5@160"], "no model 'resnet_rs_5' (did you mean 'resnet_rs_50'?)"),
        (["resnet_18@32", "--precision", "bfloat32"], "'bfloat32': choose from float32, tf32, bfloat16, float16"),
        (["resnet_18@32", "--precision", "tf32", "--device", "cpu"], "cpu has none; choose float32"),
        (["resnet_18@32", "--device", "gpu"], "device='gpu' is no device"),
        (["resnet_18@32", "--seconds", "0"], "'0': give a time above 0"),
        (["resnet_18@32", "--rounds", "0"], "give a whole number of at least 1"),
        (["resnet_18@32", "--top1", "resnet_18"], "write ROW=83.1, in per cent"),
        (["resnet_18@32", "--top1", "resnet_18@23=70"], "is not among the rows (did you mean 'resnet_18@32'?)"),
        (["resnet_18@32", "--from", "x.json"], "give rows to measure, or --from FILE"),
        (["--from", "x.json"], "x.json: no such file"),
        (["resnet_18@32", "--secnods", "1"], "unrecognized arguments: --secnods"),
    ],
)
def test_mistakes_about_rows_are_answered_with_one_line(refused, arguments, complaint):
    assert complaint in refused("bench", *arguments)


def test_compilation_without_a_compiler_is_refused_before_anything_is_measured(refused, monkeypatch):
    monkeypatch.setattr("rs_core.bench.models.settings.missing_compiler", lambda device: "no C++ compiler is installed")
    arguments = ("resnet_18@32", "--compile", "on", "--device", "cpu")
    assert refused("bench", *arguments) == (
        "--compile on: no C++ compiler is installed; install it, or measure with --compile off"
    )


def test_without_timm_an_efficientnet_names_the_extra(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    assert refused("bench", "efficientnet_b0", "--device", "cpu").endswith("pip install 'rs-core[bench]'")


def test_without_a_name_an_example_is_offered(refused, monkeypatch):
    monkeypatch.delenv("HATCH_ENV_ACTIVE", raising=False)
    assert refused("bench").startswith("name rows, such as rs-core bench resnet_rs_101@160 efficientnet_b2, or")
