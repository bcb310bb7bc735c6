"""``rs-core study ladder``: the additive study, the one of weight decay, and the Bag of Tricks, row by row."""

from rs_core.cli.ladder_command import LadderCommand
from rs_core.recipes.additive import ADDITIVE
from rs_core.recipes.tricks import TRICKS
from rs_core.recipes.weight_decay import WEIGHT_DECAY
from rs_core.study.ladder.laptop import LAPTOP
from rs_core.train.config import DIGITS, train_config

DESCRIPTION = """Train the rows of a study one after the other, each a named change of the one before it, and put what
each brings beside what was published.

Tables: additive (default; from ResNet-200 to ResNet-RS), weight_decay (beside other regularisation), tricks (Bag of
Tricks on ResNet-50, with a teacher trained here unless --distillation.teacher names one). Without a data set the
laptop form of every row is trained on the built-in digits. Any setting of training can be given, and holds in every
row that does not change it itself. The same command goes on where it stopped, and never runs a finished row again.
"""

LADDER = LadderCommand(
    ladders={"additive": ADDITIVE, "weight_decay": WEIGHT_DECAY, "tricks": TRICKS},
    config_of=train_config,
    laptop=LAPTOP,
    built_in_data=DIGITS,
    program="rs-core",
    description=DESCRIPTION,
)

run = LADDER.run
