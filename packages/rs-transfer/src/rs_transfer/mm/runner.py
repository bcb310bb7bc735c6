"""The runner of mmengine, on the device that the config asks for."""

from contextlib import suppress
from pathlib import Path
from pprint import pformat
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.model import MMDistributedDataParallel, is_model_wrapper
from mmengine.runner import Runner
from torch import nn


class PlainConfig(Config):
    """A config whose text is written in a millisecond; mmengine's takes a second, six times in every run."""

    @property
    def pretty_text(self) -> str:
        """The config as Python."""
        settings = self.to_dict().items()
        return "".join(f"{name} = {pformat(value, width=120, sort_dicts=False)}\n" for name, value in settings)


class DenseRunner(Runner):
    """A runner that heeds ``device`` in the config, also where processes train together on CPUs.

    mmengine itself takes a GPU where there is one, and for more than one process nothing else. Without ``device`` this
    is the runner of mmengine, with all that it leaves in the work directory.
    """

    @property
    def bare_model(self) -> nn.Module:
        """The model without what shares it between processes."""
        model: nn.Module = self.model.module if is_model_wrapper(self.model) else self.model
        return model

    def build_logger(self, log_level: int | str = "INFO", log_file: str | None = None, **options: Any) -> MMLogger:
        """Log to the screen alone; what is to be kept of a run is in files of its own."""
        if "device" not in self.cfg:
            return super().build_logger(log_level, log_file, **options)
        with suppress(OSError):  # another process was first
            Path(self._log_dir).rmdir()
        return MMLogger.get_instance(name=self._experiment_name, logger_name="mmengine", log_level=log_level)

    def dump_config(self) -> None:
        """Write nothing where the run has its ``mm_config.py`` already."""
        if "device" not in self.cfg:
            super().dump_config()

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module) -> Any:
        """Put the model on its device, and let processes share it."""
        if "device" not in self.cfg:
            return super().wrap_model(model_wrapper_cfg, model)
        device = torch.device(self.cfg.device)
        model = model.to(device)
        if not self.distributed:
            return model
        devices = [device] if device.type == "cuda" else None
        return MMDistributedDataParallel(model, device_ids=devices, broadcast_buffers=False)
