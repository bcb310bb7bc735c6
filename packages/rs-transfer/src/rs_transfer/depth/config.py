"""Depth on data sets in the layout in which mmsegmentation reads NYU Depth v2."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from rs_core.errors import UserError
from rs_transfer.depth.check import check_depth_maps
from rs_transfer.depth.head import TopDownDepthHead
from rs_transfer.depth.metric import EvalCrop, MeasuredDepthMetric
from rs_transfer.mm.config import DenseConfig
from rs_transfer.mm.start import Start
from rs_transfer.pairs import pairs_in_folders
from rs_transfer.scenes import Scenes

# Beyond every max_depth_m, so that what a batch is padded with counts as not measured.
PADDING_M = 65535

# The long edge may be at most so many times the short one.
LONG_OF_SHORT = 4

META_KEYS = (
    "img_path",
    "ori_shape",
    "img_shape",
    "pad_shape",
    "scale_factor",
    "flip",
    "flip_direction",
)


@dataclass(frozen=True, kw_only=True)
class DepthConfig(DenseConfig):
    """Fine-tuning for depth from one picture.

    Args:
        root: folder with ``images/train``, ``images/test``, ``annotations/train`` and ``annotations/test``, or
            ``scenes`` for the built-in pictures; maps are 16-bit PNGs, where 0 and whatever exceeds ``max_depth_m``
            counts as not measured.
        depth_scale: metres of one unit in a map.
        max_depth_m: largest depth, in training and for the figures.
        eval_crop: ``eigen`` judges the part of 640 x 480 pixels that publications on NYU do; ``none`` whole pictures.
        head_channels: width of the decoder on c5; each finer level has half of the one before.
        l1_weight: of the absolute error beside the scale-invariant logarithmic one.
        short_edge_px: size that pictures are brought to; what is estimated is brought back to that of the map.
        crop_px: height and width of the training crops.
        horizontal_flip: probability of mirroring a training image.
    """

    command: ClassVar[str] = "depth"
    scope: ClassVar[str] = "mmseg"
    headline: ClassVar[str] = "test/delta1"

    depth_scale: float = 0.001
    max_depth_m: float = 10.0
    eval_crop: EvalCrop = "eigen"
    head_channels: int = 512
    l1_weight: float = 0.1
    short_edge_px: int = 480
    crop_px: int = 480
    horizontal_flip: float = 0.5

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        super().__post_init__()
        if not self.depth_scale > 0:
            raise UserError(f"depth_scale={self.depth_scale}: give the metres of one unit, 0.001 for millimetres")
        if not 0 < self.max_depth_m < PADDING_M:
            raise UserError(f"max_depth_m={self.max_depth_m}: give a number of metres above 0, 10 for rooms")
        if self.head_channels < 1:
            raise UserError(f"head_channels={self.head_channels}: give at least 1")
        if self.l1_weight < 0:
            raise UserError(f"l1_weight={self.l1_weight}: give 0 or more")
        for name in ("short_edge_px", "crop_px"):
            if getattr(self, name) < 32:
                raise UserError(f"{name}={getattr(self, name)}: give at least 32 pixels")
        if not 0 <= self.horizontal_flip <= 1:
            raise UserError(f"horizontal_flip={self.horizontal_flip}: give a probability")

    def on(self, scenes: Scenes) -> Self:
        """Give the config that trains on built-in pictures which are written already."""
        return replace(self, root=str(scenes.nyu))

    def check_data(self) -> None:
        """Look at the headers of all pictures and depth maps, and at the pixels of some.

        Raises:
            UserError: naming the first file that does not fit, and what to do.
        """
        root = Path(self.root)
        crops: dict[str, EvalCrop] = {"train": "none", "test": self.eval_crop}
        for split, crop in crops.items():
            pairs = pairs_in_folders(root / "images" / split, root / "annotations" / split)
            check_depth_maps(pairs, depth_scale=self.depth_scale, max_depth_m=self.max_depth_m, crop=crop)

    def network(self, start: Start) -> dict[str, Any]:
        """Give the estimator as mmseg reads it."""
        return {
            "type": "DepthEstimator",
            "data_preprocessor": {
                "type": "SegDataPreProcessor",
                **start.pixel_statistics,
                "bgr_to_rgb": True,
                "pad_val": 0,
                "seg_pad_val": PADDING_M,
                "size": (self.crop_px, self.crop_px),
            },
            "backbone": start.backbone,
            "decode_head": {
                "type": TopDownDepthHead.__name__,
                "in_channels": start.channels,
                "channels": self.head_channels,
                "max_depth_m": self.max_depth_m,
                "l1_weight": self.l1_weight,
            },
            "train_cfg": {},
            "test_cfg": {"mode": "whole"},
        }

    def train_dataset(self) -> dict[str, Any]:
        """Give the training pictures: cropped, mirrored and recoloured at random.

        As mmsegmentation has it (configs/_base_/datasets/nyu.py), but for ``RandomDepthMix``, which belongs to another
        network, and with its own change of colours instead of that of albumentations.
        """
        pipeline = [
            self.load_image,
            self.load_depth,
            self.resize,
            {"type": "RandomFlip", "prob": self.horizontal_flip},
            {"type": "RandomCrop", "crop_size": (self.crop_px, self.crop_px)},
            {"type": "PhotoMetricDistortion"},
            {"type": "PackSegInputs", "meta_keys": META_KEYS},
        ]
        return self.nyu("train", pipeline)

    def test_dataset(self) -> dict[str, Any]:
        """Give the pictures that are judged on, whole."""
        pipeline = [
            self.load_image,
            self.resize,
            self.load_depth,  # after the resize: maps keep the size of the file
            {"type": "PackSegInputs", "meta_keys": META_KEYS},
        ]
        return self.nyu("test", pipeline)

    @property
    def load_image(self) -> dict[str, Any]:
        """What reads a picture; it is not turned, because its map would not be."""
        return {"type": "LoadImageFromFile", "color_type": "color_ignore_orientation"}

    @property
    def load_depth(self) -> dict[str, Any]:
        """What reads a map, in metres."""
        return {"type": "LoadDepthAnnotation", "depth_rescale_factor": self.depth_scale}

    @property
    def resize(self) -> dict[str, Any]:
        """What brings a picture to its size, and a map that is loaded already: to that of the nearest pixels."""
        return {"type": "Resize", "scale": (LONG_OF_SHORT * self.short_edge_px, self.short_edge_px), "keep_ratio": True}

    def nyu(self, split: str, pipeline: list[dict[str, Any]]) -> dict[str, Any]:
        """Give a split."""
        return {
            "type": "NYUDataset",
            "data_root": self.root,
            "data_prefix": {"img_path": f"images/{split}", "depth_map_path": f"annotations/{split}"},
            "pipeline": pipeline,
        }

    def metrics(self) -> list[dict[str, Any]]:
        """Give the figures that publications on NYU compare."""
        return [{"type": MeasuredDepthMetric.__name__, "max_depth_m": self.max_depth_m, "crop": self.eval_crop}]

    def figures(self, measured: dict[str, float]) -> dict[str, float]:
        """Give ``test/delta1`` to ``3`` in per cent, ``test/rmse`` in metres, ``test/abs_rel`` and ``test/log10``."""
        prefix = MeasuredDepthMetric.default_prefix
        deltas = {f"test/delta{power}": 100 * measured[f"{prefix}/d{power}"] for power in (1, 2, 3)}
        return deltas | {f"test/{name}": measured[f"{prefix}/{name}"] for name in ("rmse", "abs_rel", "log10")}
