"""``rs-transfer run``: any config of mmdetection or mmsegmentation, with our networks and without a compiler."""

from pathlib import Path
from typing import Any

import yaml

import rs_transfer.mm
from rs_core.cli.parser import CommandParser
from rs_core.errors import UserError
from rs_core.train.ranks import from_launcher, is_one_of_many

ABOUT = """Train by a config of mmdetection or mmsegmentation, as their tools/train.py does. Our networks are known to
it as RSBackbone, checkpoints load without being trusted, and where mmcv is not compiled torchvision serves the
operations of Faster R-CNN, FCN, UPerNet, DeepLabV3 and depth heads."""


def run(arguments: list[str]) -> None:
    """Train, resume or test; the last line on stdout is the work directory."""
    parser = CommandParser("run", ABOUT, program="rs-transfer")
    parser.add_argument("config", help="a .py file of mm*, such as the mm_config.py of a run of ours")
    parser.add_argument("--work_dir", default="", help="where results go; work_dirs/<name of the config> if not given")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in the work directory")
    parser.add_argument("--test", default="", metavar="CHECKPOINT", help="judge these weights and train nothing")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting: a.b.c=VALUE")
    wanted = parser.parse_args(arguments)

    from mmengine.config import Config  # noqa: PLC0415  # takes seconds

    from rs_transfer.mm.runner import DenseRunner  # noqa: PLC0415

    config = read_config(Config, Path(wanted.config))
    config.merge_from_dict(changes(wanted.set))
    config.work_dir = wanted.work_dir or config.get("work_dir") or f"work_dirs/{Path(wanted.config).stem}"
    config.resume = wanted.resume
    config.launcher = "pytorch" if is_one_of_many() else "none"
    hooks = list(config.get("custom_hooks") or [])
    if not any(hook.get("type") == "PlainCheckpoints" for hook in hooks):
        config.custom_hooks = [*hooks, {"type": "PlainCheckpoints"}]
    is_main = from_launcher("RANK", 0) == 0
    if is_main:
        print(rs_transfer.mm.OPERATIONS)
    if wanted.test:
        config.load_from = wanted.test
        DenseRunner.from_cfg(config).test()
    else:
        DenseRunner.from_cfg(config).train()
    if is_main:
        print(f"run: {config.work_dir}")


def read_config(config_type: Any, path: Path) -> Any:
    """Read a config of mm*.

    Raises:
        UserError: no such file, or one that does not run.
    """
    try:
        return config_type.fromfile(str(path))
    except FileNotFoundError as error:
        raise UserError(f"{error.filename or path}: not there; give the path of a config of mm*") from None
    except (SyntaxError, NameError, KeyError, TypeError, ValueError, OSError) as error:
        raise UserError(f"{path}: not a config of mm* ({type(error).__name__}: {error})") from None


def changes(settings: list[str]) -> dict[str, Any]:
    """Turn ``a.b=1`` into what mmengine merges.

    Raises:
        UserError: a setting of another form.
    """
    found = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set {setting}: give KEY=VALUE, such as train_cfg.num_steps=100")
        found[key] = yaml.safe_load(value)
    return found
