"""Weights from elsewhere: one file per foreign layout, each a mapping of names and shapes to ours."""

from rs_core.weights.layouts.tf1 import from_tf1, tf1_names
from rs_core.weights.layouts.timm import from_timm, timm_names, to_timm

__all__ = ["from_tf1", "from_timm", "tf1_names", "timm_names", "to_timm"]
