"""Average precision of VOC without forking."""

from collections import OrderedDict
from multiprocessing.pool import ThreadPool
from typing import Any
from unittest.mock import patch

from mmdet.evaluation import VOCMetric
from mmdet.evaluation.functional import mean_ap
from mmdet.registry import METRICS


@METRICS.register_module()
class ThreadedVOCMetric(VOCMetric):
    """mmdet's figures, which it computes in forked processes, computed in threads.

    A process that trains has threads and open devices, and may have handlers of signals, as Ray installs; forks of it
    can wait for ever, also for their own end.
    """

    def compute_metrics(self, results: list[Any]) -> OrderedDict[str, float]:
        """Give the figures of the pictures seen."""
        with patch.object(mean_ap, "Pool", ThreadPool):
            figures: OrderedDict[str, float] = super().compute_metrics(results)
        return figures
