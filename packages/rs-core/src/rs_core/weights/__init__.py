"""Weights from elsewhere: one file per foreign layout, each a mapping of names and shapes to ours."""

from rs_core.weights.layouts.model_garden import from_model_garden
from rs_core.weights.layouts.simclr import read_classifier, read_projection_head
from rs_core.weights.layouts.tf1 import from_tf1, tf1_names
from rs_core.weights.layouts.timm import from_timm, timm_names, to_timm

__all__ = [
    "from_model_garden",
    "from_tf1",
    "from_timm",
    "read_classifier",
    "read_projection_head",
    "tf1_names",
    "timm_names",
    "to_timm",
]
