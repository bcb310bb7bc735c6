"""``rs-semisup info``: the arithmetic of recipes."""


def test_all_recipes_are_listed(command):
    lines = command("info").out.splitlines()
    assert lines[0].startswith("recipes, each also with _laptop")
    assert "  resnet_rs_152_i224_semisup" in lines


def test_a_recipe_says_what_it_takes(command):
    out = command("info", "resnet_rs_152_i224_semisup", "--images_per_second", 1000).out
    assert "109,475 = 350 epochs x 1,281,167 / 4,096" in out
    assert "4,096 labelled + 3 x 4,096 pseudo-labelled" in out
    assert "2.6 days on 8 of these" in out
    assert "86.2 %" in out


def test_the_rate_can_be_measured_here(command):
    arguments = ("--measure", "cpu", "--batch_size", 8, "--seconds", 0.1)
    out = command("info", "resnet_rs_50_i160_semisup_laptop", *arguments).out
    assert "CPU, batch 8" in out
    assert "days on 8 of these" in out


def test_what_cannot_be_is_refused(refused):
    assert "give a number above 0" in refused("info", "resnet_rs_152_i224_semisup", "--images_per_second", 0)
    assert "unknown recipe" in refused("info", "resnet_rs_999_semisup")
    assert "PyTorch sees" in refused("info", "resnet_rs_50_i160_semisup_laptop", "--measure", "cuda:99")
