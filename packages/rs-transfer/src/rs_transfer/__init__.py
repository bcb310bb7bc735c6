"""Transfer of ResNet-RS: five tasks, several starting points, one table."""

from rs_transfer._version import __version__

__all__ = ["__version__"]
