"""Checkpoints of mmengine that PyTorch loads without trusting them."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class PlainCheckpoints(Hook):
    """Leaves in a checkpoint only what ``torch.load(weights_only=True)`` takes.

    mmengine 0.10 saves its log of scalars as objects, with which it cannot load its own checkpoints in PyTorch 2.6 and
    newer unless every object in the file is trusted. The log is in ``metrics.jsonl`` and on the screen as well.
    """

    priority = "VERY_LOW"

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Take out the log, and of what else is known of the run keep plain values."""
        info = checkpoint["message_hub"]["runtime_info"]
        checkpoint["message_hub"] = {
            "log_scalars": {},
            "runtime_info": {key: value for key, value in info.items() if isinstance(value, bool | int | float | str)},
            "resumed_keys": {},
        }
