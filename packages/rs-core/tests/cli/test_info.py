"""``rs-core info``: names, networks, recipes and trained files."""

from rs_core import list_models
from rs_core.recipes import list_recipes


def table(outcome):
    """The lines ``name  value`` below the title, as a mapping."""
    assert outcome.code == 0, outcome.err
    return dict(line.split(maxsplit=1) for line in outcome.out.splitlines()[1:])


def test_without_a_name_all_names_are_listed(command):
    lines = [line.strip() for line in command("info").out.splitlines()]
    for name in (*list_models(), *list_recipes()):
        assert name in lines


def test_a_network_is_shown_with_size_cost_and_features(command):
    rows = table(command("info", "resnet_rs_50"))
    assert rows["parameters"] == "35,691,912"  # paper, table 7: 36 M
    assert rows["c5"] == "2048 x 7 x 7, stride 32"
    assert rows["FLOPs"].startswith("8.91 G at 224 px")


def test_the_cost_follows_the_resolution(command):
    rows = table(command("info", "resnet_rs_50", "--resolution", "160"))
    assert rows["FLOPs"].startswith("4.56 G at 160 px")  # paper, table 7: 4.6
    assert rows["c2"] == "256 x 40 x 40, stride 4"


def test_a_network_of_clips_is_shown_with_frames_and_pixels(command):
    rows = table(command("info", "r3d_rs_50"))
    assert rows["parameters"] == "48,129,840"
    assert rows["FLOPs"].startswith("176.05 G at 32 frames of 224 px")
    assert rows["c5"] == "2048 x 16 x 7 x 7, stride 2 in time and 32 in space"


def test_the_cost_of_clips_follows_frames_and_resolution(command):
    rows = table(command("info", "r3d_rs_50", "--num_frames", "16", "--resolution", "112"))
    assert rows["FLOPs"].startswith("23.15 G at 16 frames of 112 px")
    assert rows["c2"] == "256 x 8 x 28 x 28, stride 2 in time and 4 in space"


def test_a_recipe_is_shown_under_the_names_that_train_takes(command):
    rows = table(command("info", "resnet_rs_350_i320"))
    assert rows["resolution"] == "320"
    assert rows["model.dropout"] == "0.4"
    assert rows["optimizer.weight_decay"] == "4e-05"
    assert rows["randaugment.magnitude"].startswith("15")
    assert rows["schedule.milestones"] == f"{30 / 90}, {60 / 90}, {80 / 90}"
    assert rows["mixup_alpha"] == "0.0"
    assert rows["label_smoothing_over"] == "all"
    assert (rows["distillation.teacher"], rows["distillation.temperature"]) == ("''", "20.0")


def test_the_laptop_form_of_a_recipe_is_shown(command):
    assert command("info", "resnet_rs_350_i320_laptop").out.splitlines()[0] == "resnet_rs_350_i320_laptop"


def test_a_run_is_shown_with_its_classes(command, photo_run):
    for path in (photo_run, photo_run / "model.safetensors"):
        rows = table(command("info", path))
        assert rows["classes"] == "blue, red"
        assert rows["origin.recipe"] == "resnet_rs_50_i160_laptop"
        assert rows["input.resolution"] == "16"


def test_an_unknown_name_is_met_with_the_nearest(refused):
    assert refused("info", "resnet_rs_51") == (
        "'resnet_rs_51' is no model, recipe or file (did you mean 'resnet_rs_50'?); rs-core info lists them"
    )
    assert "did you mean 'resnet_rs_50_i160'" in refused("info", "resnet_rs_50_i161")


def test_a_resolution_below_one_is_refused(refused):
    assert "give a whole number of at least 1" in refused("info", "resnet_rs_50", "--resolution", "-3")


def test_a_resolution_beyond_all_measure_is_refused(refused):
    assert "give at most 999999" in refused("info", "resnet_rs_50", "--resolution", "9" * 20)
