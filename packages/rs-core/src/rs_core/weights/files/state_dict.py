"""Finding the network's tensors in what training scripts save."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

# timm writes state_dict and state_dict_ema, Lightning state_dict, torchvision's references model and model_ema,
# rs-core model and ema.
AVERAGES = ("state_dict_ema", "model_ema", "ema")
ENTRIES = ("state_dict", "model", "model_state_dict")
DEEPEST = 3  # of entries within entries; a pickle can hold a dictionary that contains itself

# DistributedDataParallel and AveragedModel, torch.compile, and common names of a LightningModule's network.
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.", "encoder.", "resnet.")
# What stands beside the network without its prefix: AveragedModel's counter and losses that have buffers.
NO_PART_OF_A_NETWORK = ("n_averaged", "criterion.", "loss.", "loss_fn.")


def find_state_dict(saved: Any, *, ema: bool = True) -> tuple[str, dict[str, Any]]:
    """Find the state dict in an unpickled object.

    The first of ``AVERAGES`` (unless ``ema`` is false) and then ``ENTRIES`` that holds tensors is taken, at each level
    anew; without one, the object itself. Published figures are measured with the average.

    >>> import torch
    >>> weights = {"fc.bias": torch.zeros(3)}
    >>> find_state_dict({"epoch": 7, "ema": {"num_updates": 9, "model": weights}})
    ('ema/model', {'fc.bias': tensor([0., 0., 0.])})

    Returns:
        where it was, as the names of entries joined by slashes, and the entries with text for a key; empty where
        there are no tensors.
    """
    return search(saved, AVERAGES + ENTRIES if ema else ENTRIES, DEEPEST) or ("", {})


def search(saved: Any, entries: Sequence[str], depth: int) -> tuple[str, dict[str, Any]] | None:
    """Look for tensors in the known entries of a dictionary, then in the dictionary itself."""
    if not isinstance(saved, Mapping):
        return None
    if depth:
        for entry in entries:
            found = search(saved.get(entry), entries, depth - 1)
            if found:
                where, tensors = found
                return f"{entry}/{where}".rstrip("/"), tensors
    named = {key: value for key, value in saved.items() if isinstance(key, str)}
    return ("", named) if any(isinstance(value, Tensor) for value in named.values()) else None


def strip_prefixes(tensors: dict[str, Tensor]) -> tuple[dict[str, Tensor], str, list[str]]:
    """Take the prefixes of wrappers off all names.

    A prefix goes where every tensor has it, but for those that belong to no network; these are left out then.

    >>> import torch
    >>> strip_prefixes({"module.fc.bias": torch.zeros(1), "n_averaged": torch.tensor(5)})
    ({'fc.bias': tensor([0.])}, 'module.', ['n_averaged'])

    Returns:
        the tensors under their bare names, the prefixes joined, and the names that were left out.
    """
    stripped = ""
    left_out: list[str] = []
    while prefix := common_prefix(tensors):
        left_out += [stripped + name for name in tensors if not name.startswith(prefix)]
        tensors = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        stripped += prefix
    return tensors, stripped, left_out


def common_prefix(names: Mapping[str, Tensor]) -> str:
    """Give the prefix that all parts of the network have, or nothing."""
    network = [name for name in names if not name.startswith(NO_PART_OF_A_NETWORK)]
    return next((prefix for prefix in PREFIXES if network and all(name.startswith(prefix) for name in network)), "")
