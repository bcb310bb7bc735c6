"""A whole fine-tuning in one directory, that goes on where it was stopped.

::

    RUN/
      config.yaml               the settings
      backbone.safetensors      the starting point without its classifier, where that has as many classes as the images
      grid/lr0.01-wd1e-05/      a run of each cell of the grid, judged on the split
      grid/lr0.01-wd1e-05.txt   what it printed
      fine-tuned/               the run on all labelled images, judged once by the test images
      result.json               test/top1, what was chosen, and the table of the grid
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from rs_core.atomic import write_text_atomically
from rs_core.configs import differences
from rs_core.errors import UserError
from rs_core.train.next_steps import command
from rs_core.train.ranks import from_launcher
from rs_core.train.run import CONFIG, RESULT, create_directory, read_config, write_config
from rs_core.train.stage import on_first_rank
from rs_transfer.classify.config import ClassifyConfig
from rs_transfer.classify.grid import best, try_all
from rs_transfer.classify.protocol import NEVER
from rs_transfer.classify.samples import open_labelled, refuse_missing_test
from rs_transfer.classify.start import load_starting_point, write_backbone
from rs_transfer.classify.stopped import Stopped, finish_stage

GRID, FINE_TUNED, BACKBONE = "grid", "fine-tuned", "backbone.safetensors"

Say = Callable[[str], None]


def fine_tune_classifier(config: ClassifyConfig, say: Say = print) -> Path:
    """Fine-tune as configured, or go on where an earlier call with the same settings stopped; give the directory.

    Its ``result.json`` has ``test/top1``, ``test/top5`` and ``test/loss`` over all test images, each counted once, and
    with a grid ``chosen/learning_rate``, ``chosen/weight_decay`` and ``grid``, its table. Test images are opened when
    all training is done.

    Raises:
        Stopped: a signal asked a run to stop.
        UserError: the directory holds a finished run, or one of other settings; or what training raises.
    """
    say = say if from_launcher("RANK", 0) == 0 else lambda _line: None
    directory, start = on_first_rank(config.run, partial(prepare, config))
    try:
        result = tune(replace(config, initial_weights=start), directory, say)
    except Stopped:
        again = f"{command(config.program)} {config.command} --resume {directory}"
        raise Stopped(f"{directory}: stopped before its end; go on with {again}") from None
    text = json.dumps(result, indent=2) + "\n"
    on_first_rank(config.run, partial(write_text_atomically, directory / RESULT, text))
    say(f"test top-1 {result['test/top1']:.2f} % of {result['test/num_images']:,.0f} images")
    return directory


def tune(config: ClassifyConfig, directory: Path, say: Say) -> dict[str, Any]:
    """Try the grid, if there is one, train on all labelled images, and give the figures of the whole."""
    chosen_on_split: dict[str, Any] = {}
    if config.grid.learning_rates:
        table = try_all(config, directory / GRID, say)
        chosen = best(table)
        say(f"chosen on the split: {chosen.name}")
        chosen_on_split = {**{f"chosen/{name}": value for name, value in asdict(chosen).items()}, "grid": table}
        config = chosen.applied_to(config)
    last = replace(
        config,
        data=replace(config.data, judged_by="test"),
        run=replace(config.run, directory=str(directory / FINE_TUNED), evaluate_every=NEVER),
    )
    return finish_stage(last) | chosen_on_split


def resume_classifier(directory: Path, say: Say = print) -> Path:
    """Go on with a fine-tuning, with the settings it was started with; give its directory.

    Raises:
        UserError: no such run, a finished one, or what training raises.
    """
    whole = directory.parent if directory.name == FINE_TUNED else directory
    config = read_config(whole, ClassifyConfig)
    return fine_tune_classifier(replace(config, run=replace(config.run, directory=str(whole))), say)


def prepare(config: ClassifyConfig) -> tuple[Path, str]:
    """Look at starting point and images, make the directory, and give it with what training starts from.

    That is the starting point itself, or its backbone where its classifier has as many classes as the images: it would
    be taken for a classifier of these.

    Raises:
        UserError: weights or images that cannot be had, or a directory that cannot be used.
    """
    class_names = open_labelled(config.data, config.run.seed).samples.class_names
    refuse_missing_test(config.data, class_names)
    if not config.initial_weights:
        return open_run(config), ""
    pretrained, network = load_starting_point(config.initial_weights)
    directory = open_run(config)
    if network.num_classes != len(class_names):
        return directory, config.initial_weights
    write_backbone(pretrained, config.initial_weights, directory / BACKBONE)
    return directory, str(directory / BACKBONE)


def open_run(config: ClassifyConfig) -> Path:
    """Make the directory of a run, or find the one that was begun with the same settings.

    Raises:
        UserError: a finished run is there, one of other settings, or something else.
    """
    directory = Path(config.run.directory)
    if not config.run.directory or not (directory / CONFIG).is_file():
        directory = create_directory(config)
        write_config(replace(config, run=replace(config.run, directory=str(directory))), directory)
        return directory
    if (directory / RESULT).is_file():
        raise UserError(f"run.directory={directory}: a finished run; name another directory")
    before = read_config(directory, ClassifyConfig)
    before = replace(before, run=replace(before.run, directory=config.run.directory))
    changes = differences(asdict(before), asdict(config))
    if changes:
        raise UserError(f"run.directory={directory}: a run of other settings ({', '.join(changes)}); name another")
    return directory
