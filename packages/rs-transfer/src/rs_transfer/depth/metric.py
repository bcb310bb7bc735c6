"""The figures by which depth on NYU is compared: delta 1 to 3, RMSE, absolute relative error, log10."""

from collections.abc import Sequence
from typing import Any, Literal

from mmseg.evaluation import DepthMetric
from mmseg.registry import METRICS

from rs_core.errors import UserError
from rs_transfer.depth.losses import NEAREST_M

EvalCrop = Literal["eigen", "none"]

# The part of a Kinect's picture that Eigen et al. 2014 judge: rows 45 to 470, columns 41 to 600 of 480 x 640.
EIGEN_SIZE = (480, 640)


@METRICS.register_module()
class MeasuredDepthMetric(DepthMetric):
    """mmseg's figures of each picture, averaged over the pictures.

    The formulas, the crop and the mask of measured pixels, nearer than ``max_depth_m``, are mmseg's. What its
    ``DepthMetric`` leaves to whoever configures it is done here: estimates are brought into [0.001, ``max_depth_m``],
    as all who report on NYU do, a picture without a single measurement counts for nothing instead of making all figures
    NaN, and the crop is refused on pictures that it is not for. Its argument ``depth_metrics`` cannot be used: it
    raises on any value.

    Args:
        max_depth_m: what is farther counts as not measured.
        crop: ``eigen``, or ``none`` for whole pictures.
    """

    default_prefix = "depth"

    def __init__(self, max_depth_m: float, crop: EvalCrop) -> None:
        super().__init__(
            min_depth_eval=NEAREST_M,
            max_depth_eval=max_depth_m,
            crop_type="nyu_crop" if crop == "eigen" else None,
        )

    def process(self, data_batch: dict[str, Any], data_samples: Sequence[dict[str, Any]]) -> None:
        """Note the measured pixels of each picture and what was estimated there.

        Raises:
            UserError: the crop does not fit the size of a picture.
        """
        for sample in data_samples:
            measured_m = sample["gt_depth_map"]["data"].squeeze()
            if self.crop_type:
                refuse_other_sizes(sample.get("img_path", ""), tuple(measured_m.shape))
            estimated_m = sample["pred_depth_map"]["data"].squeeze().clamp(NEAREST_M, self.max_depth_eval)
            where = self._get_eval_mask(measured_m)
            if where.any():
                self.results.append((measured_m[where].to(estimated_m), estimated_m[where]))

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        """Average the figures of the pictures.

        Raises:
            UserError: no picture has a measurement.
        """
        if not results:
            raise UserError("no test picture has depth to compare with; look at depth_scale, max_depth_m and eval_crop")
        figures = [self._calc_all_metrics(measured_m, estimated_m) for measured_m, estimated_m in results]
        return {name: sum(each[name] for each in figures) / len(figures) for name in self.METRICS}


def refuse_other_sizes(path: object, size: tuple[int, ...]) -> None:
    """Refuse a picture that the Eigen crop is not for; ``size`` is its height and width.

    Raises:
        UserError: naming the picture.
    """
    if size != EIGEN_SIZE:
        raise UserError(f"{path}: {size[1]}x{size[0]} pixels, but eval_crop=eigen is for 640x480; set eval_crop=none")
