"""What a finished run leaves: released weights, figures, curves and a page to read."""

import json
import platform
from pathlib import Path

import torch

from rs_core.atomic import write_text_atomically
from rs_core.data.skips import read_skips, skip_files
from rs_core.train.config import LoopConfig
from rs_core.train.curves import draw_curves
from rs_core.train.metrics import read_metrics
from rs_core.train.run import RESULT
from rs_core.train.state import TrainState
from rs_core.train.task import Task
from rs_core.weights.files.directory import MODEL_FILE
from rs_core.weights.release import save_model


def write_results(directory: Path, task: Task, state: TrainState, figures: dict[str, float]) -> None:
    """Write ``model.safetensors``, ``result.json``, ``curves.png`` and ``report.md``."""
    config = task.config
    save_model(task.release(state.ema.model, directory.name), directory / MODEL_FILE)
    result = {
        **figures,
        "seconds": round(state.seconds, 3),
        f"{task.sample_noun}_seen": state.step * config.batch_size * config.samples_per_position,
        "steps": state.step,
        "num_skipped": sum(len(read_skips(path)) for path, _ in skip_files(directory)),
        "num_parameters": sum(parameter.numel() for parameter in state.model.parameters()),
    }
    write_text_atomically(directory / RESULT, json.dumps(result, indent=2) + "\n")
    draw_curves(read_metrics(directory), directory / "curves.png", f"{config.recipe} on {config.data.trained_on}")
    write_text_atomically(directory / "report.md", report(directory, task, state, result))


def report(directory: Path, task: Task, state: TrainState, result: dict[str, float]) -> str:
    """Write the page: the figures, how they were made, and how to use the model."""
    config = task.config
    steps = "\n".join(line.strip() for line in task.next_steps(directory)[1:])
    device = next(state.model.parameters()).device
    machine = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    rows = "\n".join(f"| {name} | {readable(value)} |" for name, value in result.items())
    return f"""# {config.recipe} on {config.data.trained_on}

| figure | value |
| --- | --- |
{rows}

Accuracies are in per cent, of the averaged weights, over all held-out samples, each counted once.{published(config)}

![loss, accuracy and learning rate](curves.png)

Machine: {machine}, {torch.get_num_threads()} threads, PyTorch {torch.__version__}, Python {platform.python_version()}.

All settings are in `config.yaml`; `{config.program} {config.command} --config config.yaml --run.directory NEW`
repeats the run.
What to do with the model:

```
{steps}
```

In Python:

```python
from rs_core import load_pretrained

trained = load_pretrained("{directory}")
```
"""


def published(config: LoopConfig) -> str:
    """Give the sentence that sets the paper's figure beside the run's, where the recipe has one."""
    if not config.published_top1:
        return ""
    return f"\nThe published figure of this recipe as it stands is {config.published_top1} % on {config.published_on}."


def readable(value: float) -> str:
    """Give whole numbers in full and others to six digits."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.6g}"
