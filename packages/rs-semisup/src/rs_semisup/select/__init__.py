"""Choosing pseudo-labelled images: a new index of the same files."""

from rs_semisup.select.config import SelectConfig
from rs_semisup.select.report import SelectionReport
from rs_semisup.select.selection import select

__all__ = ["SelectConfig", "SelectionReport", "select"]
