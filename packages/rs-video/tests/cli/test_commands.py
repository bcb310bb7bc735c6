"""The commands as a user meets them: train, eval, predict, bench, doctor, and what they refuse."""

import json

import pytest

import rs_video
from rs_core import create_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_video import cli


def test_usage_names_every_command(command):
    out = command("--help").out
    assert all(f"  {name} " in out for name in cli.PROGRAM.commands)
    assert command("--version").out == f"rs-video {rs_video.__version__}\n"


@pytest.mark.parametrize("name", [name for name in cli.PROGRAM.commands if name != "study"])
def test_every_command_has_help_that_fits_a_terminal(command, capsys, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as caught:
        command(name, "--help")
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: rs-video {name}")
    assert max(map(len, out.splitlines())) <= 100
    assert "rs-core" not in out.replace("as for rs-core convert", "")


def test_eval_repeats_the_figures_of_the_run(command, finished_run, video_root):
    machine = ("--device", "cpu", "--precision", "float32")
    outcome = command("eval", "--model", finished_run, "--data.root", video_root, "--json", *machine)
    figures = json.loads(outcome.out)
    result = json.loads((finished_run / "result.json").read_text())
    assert figures == {name: result[name] for name in figures}
    assert figures["val/num_videos"] == 6


def test_eval_takes_other_views(command, finished_run, video_root):
    options = ("--num_clips", 3, "--num_crops", 3, "--short_side", 40, "--frame_stride", 2, "--device", "cpu")
    outcome = command("eval", "--model", finished_run, "--data.root", video_root, *options)
    assert "val/top1" in outcome.out
    assert outcome.code == 0


def test_predict_ranks_the_classes(command, finished_run, video_root):
    video = video_root / "val/brighter/0.mp4"
    outcome = command("predict", video, "--model", finished_run, "--json", "--device", "cpu")
    (line,) = outcome.out.splitlines()
    answer = json.loads(line)
    assert answer["file"] == str(video)
    assert {each["name"] for each in answer["classes"]} == {"brighter", "darker"}
    assert sum(each["probability"] for each in answer["classes"]) == pytest.approx(1)
    assert "brighter" in command("predict", video, "--model", finished_run, "--device", "cpu").out


def test_predict_refuses_what_is_no_video(refused, finished_run, tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert refused("predict", "empty.mp4", "--model", finished_run).startswith("empty.mp4: ")
    assert refused("predict", "none.mp4", "--model", finished_run) == "none.mp4: no such file; give the path of a video"


def test_a_network_of_images_is_refused(refused, finished_run, video_root, tmp_path):
    model = create_model("resnet_d_50", blocks=(1, 1, 1, 1), width_multiplier=0.25, num_classes=2).eval()
    images = PretrainedModel(
        model=model, preprocessing=Preprocessing(resolution=32), class_names=("a", "b"), origin=Origin()
    )
    save_model(images, tmp_path / "model.safetensors")
    message = refused("predict", video_root / "val/brighter/0.mp4", "--model", tmp_path / "model.safetensors")
    assert message.endswith("takes images, not clips of video; use rs-core for it")
    assert refused("train", "--model", "resnet_rs_50").startswith("--model resnet_rs_50: a network of images; choose")


def test_bench_and_doctor_measure_a_folder(command, video_root):
    clips = ("--num_frames", 4, "--frame_stride", 1, "--resolution", 32)
    outcome = command("bench", "--data", video_root, *clips, "--workers", 1, "--seconds", 0.3, "--json")
    figures = json.loads(outcome.out)
    assert figures["clips_per_second"] > 0
    assert 0 < figures["share_of_decoder"] < 1
    options = ("--recipe", "r3d_rs_50_laptop", "--seconds", 0.2, "--device", "cpu")
    out = command("doctor", "--data", video_root, *clips, *options).out
    for word in ("storage", "cpu", "device", "decoders", "limit", "advice"):
        assert word in out


def test_a_run_goes_on_where_it_was(command, refused, finished_run, tmp_path):
    message = refused("train", "--resume", tmp_path)
    assert message.endswith("no run here, config.yaml is missing; give the directory of a run")
    outcome = command("train", "--resume", finished_run)
    assert outcome.out.splitlines()[-1] == f"run: {finished_run}"


def test_unknown_settings_and_recipes_name_the_nearest(refused):
    assert "did you mean" in refused("train", "--recipe", "r3d_rs_5")
    assert "there is no setting --clip.num_frame" in refused("train", "--clip.num_frame", "8")
    assert "there is no setting --mixup_alpha" in refused("train", "--mixup_alpha", "0.2")  # images alone are mixed
    assert refused("train", "--data.root", "nowhere").startswith("data.root=nowhere: has no folder train")


@pytest.mark.slow
def test_the_built_in_videos_are_learnt(command, monkeypatch, tmp_path):
    outcome = command("train", "--run.directory", "digits", "--run.device", "cpu", "--run.precision", "float32")
    assert outcome.code == 0
    result = json.loads((tmp_path / "digits/result.json").read_text())
    assert result["val/num_videos"] == 200
    assert result["val/top1"] >= 90
