"""The overlap of predicted and true masks, of each class and on average."""

from typing import Any

import numpy as np
from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS


@METRICS.register_module()
class ClassIoUMetric(IoUMetric):
    """mmseg's areas, over all pictures together, as figures that are not rounded, with one for each class."""

    default_prefix = "segment"

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        """Give ``miou``, ``pixel_accuracy``, ``mean_accuracy`` and ``iou/CLASS`` in per cent.

        ``results`` holds the intersection, the union, and the predicted and true pixels of each class in each picture.
        Classes in no mask and no prediction are left out.
        """
        areas = [sum(area.double() for area in kind) for kind in zip(*results, strict=True)]
        shares = self.total_area_to_metrics(*areas, ["mIoU"])
        each = zip(self.dataset_meta["classes"], shares["IoU"], strict=True)
        figures = {
            "miou": np.nanmean(shares["IoU"]),
            "pixel_accuracy": shares["aAcc"],
            "mean_accuracy": np.nanmean(shares["Acc"]),
            **{f"iou/{name}": iou for name, iou in each if not np.isnan(iou)},
        }
        return {name: 100 * float(share) for name, share in figures.items()}
