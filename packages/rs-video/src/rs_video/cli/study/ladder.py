"""``rs-video study ladder``: the additive study on video, row by row."""

from rs_core.cli.ladder_command import LadderCommand
from rs_video.config import MOVING_DIGITS, video_train_config
from rs_video.recipes.ladder import LADDER
from rs_video.study.laptop import LAPTOP

DESCRIPTION = """Train the rows of the additive study one after the other, each a named change of the one before it,
and put what each brings beside what was published.

Without a data set the laptop form of every row is trained on the built-in moving digits. Any setting of training can be
given, and holds in every row that does not change it itself. The same command goes on where it stopped, and never runs
a finished row again.
"""

COMMAND = LadderCommand(
    ladders={"additive": LADDER},
    config_of=video_train_config,
    laptop=LAPTOP,
    built_in_data=MOVING_DIGITS,
    program="rs-video",
    description=DESCRIPTION,
)

run = COMMAND.run
