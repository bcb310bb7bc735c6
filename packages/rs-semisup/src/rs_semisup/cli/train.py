"""``rs-semisup train``: joint training by a recipe; without arguments the study on the built-in digits."""

from pathlib import Path

from rs_core.cli.train import with_network
from rs_core.cli.train_command import TrainCommand
from rs_core.train.config import DIGITS
from rs_semisup.joint.config import JointTrainConfig, joint_train_config
from rs_semisup.recipes import LAPTOP_SUFFIX, get_semisup_recipe, list_semisup_recipes

DEFAULT_RECIPE = "resnet_rs_50_i160_semisup"

USAGE = """rs-semisup train
       rs-semisup train --data.pseudo_index INDEX [--recipe NAME] [--model NAME] [--config FILE] [--SETTING VALUE ...]
       rs-semisup train --resume RUN"""

DESCRIPTION = f"""Train on labelled and pseudo-labelled images at once. Without any argument: rs-semisup study, the
whole way from a few labels to a noisy student, on the built-in handwritten digits.

Recipes: {", ".join(list_semisup_recipes())}; each also with {LAPTOP_SUFFIX} at the end, which is the same methods on a
small network and small images. Settings come from the recipe, then from YAML files (--config), then from --model NAME,
which puts another network into the recipe, then from single settings; what comes later wins. --resume RUN goes on
where a run stopped.
"""


class JointTrainCommand(TrainCommand[JointTrainConfig]):
    """Joint training, then the last epochs at a larger resolution if they are asked for."""

    def carry_out(self, request: JointTrainConfig | Path) -> Path:
        """Train, or resume whichever of the two was stopped; give the directory of the last run."""
        from rs_core.train.run import read_config  # noqa: PLC0415  # mistakes in the arguments show at once
        from rs_semisup.joint.fix import fix_if_asked  # noqa: PLC0415

        directory = super().carry_out(request)
        return fix_if_asked(directory, read_config(directory, JointTrainConfig))[0]


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    if arguments:
        COMMAND.run(arguments)
        return
    from rs_semisup.cli import study  # noqa: PLC0415  # joint training needs none of it

    study.run([])


COMMAND = JointTrainCommand(
    config_type=JointTrainConfig,
    config_of=lambda recipe: joint_train_config(get_semisup_recipe(recipe)),
    default_recipe=DEFAULT_RECIPE,
    built_in_recipe=DEFAULT_RECIPE + LAPTOP_SUFFIX,
    built_in_data=DIGITS,
    with_network=with_network,
    usage=USAGE,
    description=DESCRIPTION,
)
