"""Labelling on a cluster whose workers come and go, with Ray: the same ranges, the same files.

Ray runs the loop of ``rs_semisup.label.run`` as often as asked, wherever there is room. What one of these processes is
at when it dies is taken over by the others, and Ray starts the process again, on another machine if need be.
"""

import dataclasses
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from rs_core.errors import UserError
from rs_semisup.label.config import LabelConfig
from rs_semisup.label.run import LOOK_EVERY, OnRows, label, no_report
from rs_semisup.predictions.layout import MANIFEST
from rs_semisup.predictions.store import Predictions, open_predictions

# A cluster may take a machine back many times in weeks; a process that dies at once every time must come to an end.
MOST_RESTARTS = 100


def label_on_ray(config: LabelConfig, *, num_processes: int, on_rows: OnRows = no_report) -> Predictions:
    """Label an index in processes of Ray; gives the predictions when all of them are there.

    The cluster is the one that this process is connected to, or that ``RAY_ADDRESS`` names, or the last one that was
    started on this machine; without any, this machine alone. All its machines must see index, images and predictions
    under the same paths, and have rs-semisup installed.

    Args:
        config: what, with whom and how; relative paths mean the folder of the caller.
        num_processes: that label, each with one GPU where the cluster has some, and a core for itself and each of the
            ``num_workers`` that decode for it.
        on_rows: told every second, with 0 rows, where the predictions are.

    Raises:
        UserError: what labelling raises, or Ray failed; what is finished stays.
    """
    if not ray.is_initialized():
        ray.init(log_to_driver=False, configure_logging=False)
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    with_gpu = config.device.startswith("cuda") or (config.device == "auto" and resources.get("GPU", 0) > 0)
    task = ray.remote(label_part).options(
        num_cpus=1 + max(0, config.num_workers), num_gpus=int(with_gpu), max_retries=MOST_RESTARTS
    )
    whole = with_whole_paths(config)
    running = [task.remote(whole, number / num_processes) for number in range(num_processes)]
    try:
        while running:
            finished, running = ray.wait(running, timeout=LOOK_EVERY)
            ray.get(finished)
            if (Path(whole.out) / MANIFEST).exists():
                on_rows(open_predictions(Path(whole.out)), 0)
    except RayTaskError as error:
        if isinstance(error.cause, UserError):
            raise error.cause from None
        raise
    except RayError as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"Ray failed ({reason}); run again, which does what is missing") from error
    finally:
        for each in running:
            ray.cancel(each, force=True)
    return open_predictions(Path(config.out))


def label_part(config: LabelConfig, start: float) -> None:
    """Label in a process of Ray, beginning behind a share of the ranges."""
    label(config, start=start)


def with_whole_paths(config: LabelConfig) -> LabelConfig:
    """Make the paths of a config mean the same in processes that run in another folder."""
    paths = ("index", "out", "teacher_checkpoint", "classes_of", "root")
    changes: dict[str, Any] = {name: whole(getattr(config, name)) for name in paths if getattr(config, name)}
    if Path(config.teacher).exists():
        changes["teacher"] = whole(config.teacher)
    return dataclasses.replace(config, **changes)


def whole(path: str) -> str:
    """Give a path from the root; an address such as ``s3://…`` is one already."""
    return path if "://" in path else str(Path(path).absolute())
