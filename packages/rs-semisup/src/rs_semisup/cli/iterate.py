"""``rs-semisup iterate``: teacher, student, teacher, as one command that goes on where it was stopped."""

import os

from rs_core.cli import train as supervised
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.errors import UserError
from rs_core.recipes import LAPTOP_SUFFIX, list_recipes
from rs_core.train.config import TrainConfig
from rs_core.train.ranks import from_launcher
from rs_semisup.cli.train import COMMAND as JOINT
from rs_semisup.joint.config import JointTrainConfig

# Settings that every run of a chain takes, the supervised one too.
OF_ALL_RUNS = ("--data.", "--run.")


def run(arguments: list[str]) -> None:
    """Go through the chain; the last line on stdout is the run of the last student."""
    options, settings = make_parser().parse_known_args(arguments)
    students = tuple(joint_config(name, settings) for name in options.student)
    teacher = teacher_of(options.teacher, [text for text in paired(settings) if text.startswith(OF_ALL_RUNS)])
    from rs_semisup.iterate.chain import iterate  # noqa: PLC0415  # mistakes in the arguments show at once
    from rs_semisup.iterate.config import IterateConfig  # noqa: PLC0415
    from rs_semisup.label.config import LabelConfig  # noqa: PLC0415

    config = IterateConfig(
        out=options.out,
        unlabelled=options.unlabelled,
        teacher=teacher,
        students=students,
        label=LabelConfig(
            teacher_checkpoint=options.teacher_checkpoint,
            top_k=options.top_k,
            range_rows=options.range_rows,
            batch_size=options.label_batch_size,
            perceptual_hash=options.max_hash_distance >= 0,
            num_workers=students[0].data.num_workers,
            device=students[0].run.device,
            precision=students[0].run.precision,
        ),
        threshold=options.threshold,
        per_class=options.per_class,
        max_copies=options.max_copies,
        max_hash_distance=options.max_hash_distance,
    )
    is_main = from_launcher("RANK", 0) == 0
    directory = iterate(config, say=print if is_main else lambda _line: None)
    if is_main:
        print(f"run: {directory}")


def make_parser() -> CommandParser:
    """Make the parser of what is the chain's own."""
    parser = CommandParser(
        "iterate",
        "Label, select and train, as often as there are students; started again, it goes on where it was stopped. All "
        "other settings, such as --data.train_index INDEX or --epochs 100, are those of rs-semisup train and apply to "
        "every student; --data and --run settings also to the teacher's run.",
        program="rs-semisup",
    )
    parser.add_argument("--out", required=True, help="folder of the chain")
    parser.add_argument("--unlabelled", required=True, metavar="INDEX", help="images to be labelled")
    parser.add_argument(
        "--teacher", required=True, help="a trained network as rs-semisup label takes it, or a recipe of rs-core train"
    )
    parser.add_argument("--teacher_checkpoint", default="", metavar="FILE", help="weights of a teacher of timm")
    parser.add_argument(
        "--student", action="append", required=True, metavar="RECIPE", help="recipe or YAML file; once a student"
    )
    parser.add_argument("--top_k", type=int, default=10, help="classes kept of each image; 0 for all (default: 10)")
    parser.add_argument("--range_rows", type=at_least_one, default=65_536, help="rows of a file (default: 65536)")
    parser.add_argument("--label_batch_size", type=at_least_one, default=128, help="images a pass (default: 128)")
    parser.add_argument("--threshold", type=float, default=0.3, help="least confidence (default: 0.3)")
    parser.add_argument("--per_class", type=at_least_one, default=130_000, help="images of a class (default: 130000)")
    parser.add_argument("--max_copies", type=int, default=0, help="of an image of a rare class; 0: no limit")
    parser.add_argument(
        "--max_hash_distance", type=int, default=-1, help="remove near-duplicates of the data set; -1: exact ones alone"
    )
    return parser


def joint_config(name: str, settings: list[str]) -> JointTrainConfig:
    """Give the config of a student by recipe or file.

    Raises:
        UserError: an unknown recipe or setting.
    """
    is_file = os.path.sep in name or name.endswith((".yaml", ".yml"))
    config = JOINT.parse(["--config" if is_file else "--recipe", name, *settings])
    if not isinstance(config, JointTrainConfig):
        raise UserError("--resume: a chain goes on when it is started again with the same settings; leave it out")
    return config


def teacher_of(name: str, settings: list[str]) -> str | TrainConfig:
    """Give the name of a trained network, or the config of the run that a recipe names."""
    if name.removesuffix(LAPTOP_SUFFIX) not in list_recipes():
        return name
    config = supervised.COMMAND.parse(["--recipe", name, *settings])
    return config if isinstance(config, TrainConfig) else str(config)


def paired(settings: list[str]) -> list[str]:
    """Give ``--name value`` as ``--name=value``, so that each setting is one text.

    >>> paired(["--epochs", "3", "--run.seed=1"])
    ['--epochs=3', '--run.seed=1']
    """
    texts: list[str] = []
    for text in settings:
        if text.startswith("--"):
            texts.append(text)
        elif texts:
            texts[-1] += f"={text}"
    return texts
