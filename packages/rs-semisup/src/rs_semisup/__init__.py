"""Noisy-student training of ResNet-RS: pseudo-label, select, and train jointly with the labelled images."""

from rs_semisup._version import __version__

__all__ = ["__version__"]
