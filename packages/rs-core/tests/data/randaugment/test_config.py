import math

import pytest

from rs_core.data.randaugment import OPERATIONS, RandAugmentConfig
from rs_core.errors import UserError


def test_the_default_is_two_layers_of_all_sixteen_operations_as_released():
    config = RandAugmentConfig()
    assert config.num_layers == 2
    assert config.mode == "faithful"
    assert len(set(config.ops)) == 16


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_layers": -1}, "num_layers is -1"),
        ({"magnitude": -0.5}, "magnitude is -0.5; give 0 to 30"),
        ({"magnitude": 30.5}, "give 0 to 30"),
        ({"magnitude": math.nan}, "magnitude is nan"),
        ({"mode": "tf2"}, "'faithful' or 'pil'"),
        ({"translate_const": -1.0}, "translate_const is -1.0"),
        ({"cutout_const": math.inf}, "cutout_const is inf"),
        ({"ops": ()}, "ops is empty"),
        ({"ops": ("Rotate", "Sharpnes")}, "did you mean 'Sharpness'"),
    ],
)
def test_a_bad_setting_is_refused_in_one_line(settings: dict[str, object], message: str):
    with pytest.raises(UserError, match=message) as error:
        RandAugmentConfig(**settings)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_can_be_the_only_one(name: str):
    assert RandAugmentConfig(ops=(name,)).ops == (name,)
