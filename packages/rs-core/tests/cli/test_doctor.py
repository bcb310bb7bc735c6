"""``rs-core doctor``: a few lines that say what limits a run."""

import json

QUICK = ("--recipe", "resnet_rs_50_i160_laptop", "--resolution", 16, "--batch_size", 2, "--seconds", 0.01)
CPU = ("--device", "cpu", "--precision", "float32", "--workers", 1)


def test_it_names_the_limit_and_what_to_change(command):
    outcome = command("doctor", *QUICK, *CPU)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert [line.split()[0] for line in lines] == ["storage", "cpu", "device", "limit", "advice"]
    assert "resnet_rs_50_i160_laptop at 16 px, batch 2; cpu, float32" in lines[2]
    assert lines[3].split(maxsplit=1)[1] in ("storage", "the processor", "the device")


def test_any_network_is_measured_in_a_recipe(command):
    step = command("doctor", *QUICK, *CPU, "--model", "resnet_18").out.splitlines()[2]
    assert "resnet_18_by_resnet_rs_50_i160_laptop at 16 px" in step


def test_json_holds_the_same(command):
    figures = json.loads(command("doctor", *QUICK, *CPU, "--json").out)
    assert {"storage", "storage_mb", "cpu_core", "cpu", "num_workers", "device", "limit", "advice", "decoder"} <= set(
        figures
    )
    assert figures["num_workers"] == 1


def test_mistakes_are_answered_with_one_line(command):
    for arguments, complaint in [
        (("--recipe", "resnet_rs_5"), "unknown recipe 'resnet_rs_5' (did you mean"),
        (("--model", "resnet_rs_5"), "unknown model 'resnet_rs_5' (did you mean"),
        (("--workers", -1), "--workers 0 or more"),
        (("--data", "nowhere"), "nowhere: no such folder"),
    ]:
        outcome = command("doctor", *arguments)
        assert outcome.code == 2
        assert complaint in outcome.err
        assert outcome.err.count("\n") == 1
