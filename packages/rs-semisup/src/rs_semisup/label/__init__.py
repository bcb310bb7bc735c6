"""Labelling the rows of an index, range by range, in any number of processes."""

from rs_semisup.label.config import LabelConfig
from rs_semisup.label.run import label

__all__ = ["LabelConfig", "label"]
