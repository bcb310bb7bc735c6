"""Faster R-CNN with a feature pyramid on data sets in the format of Pascal VOC."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from rs_core.errors import UserError
from rs_transfer.detect.check import check_voc
from rs_transfer.detect.metric import ThreadedVOCMetric
from rs_transfer.detect.network import faster_rcnn
from rs_transfer.mm.config import DenseConfig
from rs_transfer.mm.start import Start
from rs_transfer.scenes import Scenes

VOC_CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)

# What mmdet's VOCDataset calls the data set decides how VOCMetric reports it; others than these two it does not know.
ELEVEN_POINTS = "VOC2007"


@dataclass(frozen=True, kw_only=True)
class DetectConfig(DenseConfig):
    """Fine-tuning of Faster R-CNN FPN.

    Args:
        root: the ``VOCdevkit``, or ``scenes`` for the built-in pictures.
        train_sets: lists of training images below it, as ``VOC2007/trainval``.
        test_set: list of the images that are judged on.
        class_names: as they stand in the annotations; objects of other names are left out.
        image_size: longest and shortest side that an image is brought to, in pixels, whichever bounds it first.
        horizontal_flip: probability of mirroring a training image.
        min_box_px: boxes of a smaller side are ignored in training.
        fpn_channels: width of the pyramid and of the proposal head.
        fc_channels: width of the two layers of the box head.
        anchor_scale: side of an anchor in strides of its level.
        num_proposals: boxes that the proposal head hands on.
        num_sampled: of these, boxes a step trains the box head on in each image.
    """

    command: ClassVar[str] = "detect"
    scope: ClassVar[str] = "mmdet"
    headline: ClassVar[str] = "test/voc_ap50"

    train_sets: tuple[str, ...] = ("VOC2007/trainval", "VOC2012/trainval")
    test_set: str = "VOC2007/test"
    class_names: tuple[str, ...] = VOC_CLASSES
    image_size: tuple[int, int] = (1000, 600)
    horizontal_flip: float = 0.5
    min_box_px: int = 32
    fpn_channels: int = 256
    fc_channels: int = 1024
    anchor_scale: int = 8
    num_proposals: int = 1000
    num_sampled: int = 512

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        super().__post_init__()
        if not self.train_sets or not self.class_names:
            raise UserError("train_sets and class_names: give at least one of each")
        for name in (*self.train_sets, self.test_set):
            if name.count("/") != 1:
                raise UserError(f"{name!r}: name a list as YEAR/SPLIT, such as VOC2007/trainval")
        if not 0 <= self.horizontal_flip <= 1:
            raise UserError(f"horizontal_flip={self.horizontal_flip}: give a probability")

    def on(self, scenes: Scenes) -> Self:
        """Give the config that trains on built-in scenes which are written already."""
        return replace(self, root=str(scenes.voc))

    def check_data(self) -> None:
        """Look whether all lists, images and annotations are there and fit each other.

        Raises:
            UserError: naming the first file that does not, and what to do.
        """
        check_voc(Path(self.root), [*self.train_sets, self.test_set], self.class_names)

    def network(self, start: Start) -> dict[str, Any]:
        """Give the detector as mmdet reads it."""
        return faster_rcnn(self, start)

    def train_dataset(self) -> dict[str, Any]:
        """Give the training sets, one after the other."""
        pipeline = [
            {"type": "LoadImageFromFile"},
            {"type": "LoadAnnotations", "with_bbox": True},
            {"type": "Resize", "scale": self.image_size, "keep_ratio": True},
            {"type": "RandomFlip", "prob": self.horizontal_flip},
            {"type": "PackDetInputs"},
        ]
        filters = {"filter_empty_gt": True, "min_size": self.min_box_px, "bbox_min_size": self.min_box_px}
        sets = [{**self.voc(name), "filter_cfg": filters, "pipeline": pipeline} for name in self.train_sets]
        # Each year calls itself by another name, which ConcatDataset would not accept.
        return {"type": "ConcatDataset", "ignore_keys": ["dataset_type"], "datasets": sets}

    def test_dataset(self) -> dict[str, Any]:
        """Give the set that is judged on."""
        keys = ("img_id", "img_path", "ori_shape", "img_shape", "scale_factor", "instances")
        pipeline = [
            {"type": "LoadImageFromFile"},
            {"type": "Resize", "scale": self.image_size, "keep_ratio": True},
            {"type": "LoadAnnotations", "with_bbox": True},  # after the resize: boxes stay those of the file
            {"type": "PackDetInputs", "meta_keys": keys},
        ]
        return {**self.voc(self.test_set), "test_mode": True, "pipeline": pipeline}

    def voc(self, name: str) -> dict[str, Any]:
        """Give a set of one year."""
        year, split = name.split("/")
        return {
            "type": "VOCDataset",
            "data_root": self.root,
            "ann_file": f"{year}/ImageSets/Main/{split}.txt",
            "data_prefix": {"sub_data_root": f"{year}/"},
            "metainfo": {"classes": self.class_names},
        }

    def metrics(self) -> list[dict[str, Any]]:
        """Give AP at an overlap of 0.5 as the VOC year computes it, and COCO's mean over ten overlaps."""
        mode = "11points" if self.test_set.startswith(ELEVEN_POINTS) else "area"
        return [
            {"type": ThreadedVOCMetric.__name__, "metric": "mAP", "eval_mode": mode},
            {"type": "CocoMetric", "metric": "bbox"},
        ]

    def figures(self, measured: dict[str, float]) -> dict[str, float]:
        """Give ``test/voc_ap50``, ``test/coco_ap``, ``test/coco_ap50`` and ``test/coco_ap75``, in per cent."""
        names = {
            "test/voc_ap50": "pascal_voc/mAP",
            "test/coco_ap": "coco/bbox_mAP",
            "test/coco_ap50": "coco/bbox_mAP_50",
            "test/coco_ap75": "coco/bbox_mAP_75",
        }
        return {ours: 100 * float(measured.get(theirs, 0.0)) for ours, theirs in names.items()}
