"""Fields that take one of a few words."""

from dataclasses import dataclass
from typing import Literal

import pytest

from rs_core import UserError
from rs_core.choices import check_choices


@dataclass(frozen=True, kw_only=True)
class Pizza:
    size: Literal["small", "large"] = "small"
    topping: str = "anything"


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_choice_is_accepted(size):
    check_choices(Pizza(size=size, topping="huge"))


def test_another_word_is_refused_with_the_choices_and_the_nearest():
    with pytest.raises(UserError) as caught:
        check_choices(Pizza(size="larg"))
    assert str(caught.value) == "size='larg': choose from ['small', 'large'] (did you mean 'large'?)"


@pytest.mark.parametrize("size", [3, None, ["small"]])
def test_what_is_no_word_at_all_is_refused(size):
    with pytest.raises(UserError, match="choose from"):
        check_choices(Pizza(size=size))
