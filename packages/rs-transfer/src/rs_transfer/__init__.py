"""Transfer of ResNet-RS: five tasks, several starting points, one table."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rs_transfer._version import __version__

if TYPE_CHECKING:
    from rs_transfer.mm.backbone import RSBackbone as RSBackbone

__all__ = ["RSBackbone", "__version__"]

HOMES = {"RSBackbone": "rs_transfer.mm"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: mm* takes seconds, and must find our operations first."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
