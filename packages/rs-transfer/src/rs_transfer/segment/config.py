"""FCN, UPerNet or DeepLabV3 on data sets in the format of Pascal VOC or ADE20K."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from rs_core.errors import UserError
from rs_transfer.mm.config import DenseConfig
from rs_transfer.mm.start import Start
from rs_transfer.pairs import Pair, pairs_in_folders, pairs_in_list
from rs_transfer.scenes import CLASS_NAMES, Scenes
from rs_transfer.scenes.ade import ALL_CLASSES
from rs_transfer.segment.check import check_masks
from rs_transfer.segment.classes import PUBLISHED
from rs_transfer.segment.metric import ClassIoUMetric
from rs_transfer.segment.network import Head, segmentor

Data = Literal["voc", "ade"]

# As in mmsegmentation: an image is brought to this short edge unless its long edge grows beyond four times that.
LONG_OF_SHORT = 4

BACKGROUND = "background"


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(DenseConfig):
    """Fine-tuning for semantic segmentation.

    Args:
        root: the ``VOCdevkit``, or ``ADEChallengeData2016``, or ``scenes`` for the built-in pictures.
        data: ``voc`` trains on ``train`` of VOC2012 and is judged on ``val``, where class 0 is the background and 255
            counts for nothing; ``ade`` on ``training`` and ``validation``, where 0 counts for nothing and classes
            begin at 1.
        with_aug: whether VOC's training pictures are joined by those of Hariharan et al. 2011, as usual: ``aug.txt``
            and ``SegmentationClassAug``, which tools/dataset_converters/voc_aug.py of mmsegmentation writes.
        class_names: in the order of the masks, with the background of ``voc``; empty for the published classes.
        head: ``fcn`` or ``deeplabv3``, both at output stride 8, or ``upernet``.
        head_channels: width of the head; the auxiliary one has half of it.
        short_edge_px: size that images are brought to, before their scale is varied.
        scale_range: of that variation in training.
        crop_px: height and width of the training crops.
        horizontal_flip: probability of mirroring a training image.
    """

    command: ClassVar[str] = "segment"
    scope: ClassVar[str] = "mmseg"
    headline: ClassVar[str] = "test/miou"

    data: Data = "voc"
    with_aug: bool = False
    class_names: tuple[str, ...] = ()
    head: Head = "fcn"
    head_channels: int = 512
    short_edge_px: int = 512
    scale_range: tuple[float, float] = (0.5, 2.0)
    crop_px: int = 512
    horizontal_flip: float = 0.5

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        super().__post_init__()
        if self.with_aug and self.data != "voc":
            raise UserError(f"with_aug belongs to data=voc; leave it out with data={self.data}")
        for name in ("short_edge_px", "crop_px"):
            if getattr(self, name) < 32:
                raise UserError(f"{name}={getattr(self, name)}: give at least 32 pixels")
        if self.head_channels < 2:
            raise UserError(f"head_channels={self.head_channels}: give at least 2")
        if not 0 < self.scale_range[0] <= self.scale_range[1]:
            raise UserError(f"scale_range={self.scale_range}: give two positive factors, the smaller one first")
        if not 0 <= self.horizontal_flip <= 1:
            raise UserError(f"horizontal_flip={self.horizontal_flip}: give a probability")
        if len(self.class_names) == 1:
            raise UserError(f"class_names={self.class_names}: give at least two, or none for the published classes")

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.class_names or PUBLISHED[self.data]

    def on(self, scenes: Scenes) -> Self:
        """Give the config that trains on built-in pictures which are written already."""
        if self.data == "voc":
            return replace(self, root=str(scenes.voc), class_names=(BACKGROUND, *CLASS_NAMES))
        return replace(self, root=str(scenes.ade), class_names=ALL_CLASSES)

    def check_data(self) -> None:
        """Look at the headers of all pictures and masks, and at the pixels of some.

        Raises:
            UserError: naming the first file that does not fit, and what to do.
        """
        for pairs in (*self.train_pairs(), self.test_pairs()):
            check_masks(pairs, len(self.classes), zero_is_unlabelled=self.data == "ade")

    def train_pairs(self) -> list[list[Pair]]:
        """Give the training pictures of each part with their masks."""
        if self.data == "ade":
            return [self.ade_pairs("training")]
        return [self.voc_pairs("train"), *([self.voc_pairs("aug")] if self.with_aug else [])]

    def test_pairs(self) -> list[Pair]:
        """Give the pictures that are judged on, with their masks."""
        return self.ade_pairs("validation") if self.data == "ade" else self.voc_pairs("val")

    def ade_pairs(self, split: str) -> list[Pair]:
        """Give the pictures of a split of ADE20K with their masks."""
        return pairs_in_folders(Path(self.root) / "images" / split, Path(self.root) / "annotations" / split)

    def voc_pairs(self, split: str) -> list[Pair]:
        """Give the pictures of a list of VOC2012 with their masks."""
        year = Path(self.root) / "VOC2012"
        names = year / "ImageSets" / "Segmentation" / f"{split}.txt"
        return pairs_in_list(names, year / "JPEGImages", year / mask_folder(split))

    def network(self, start: Start) -> dict[str, Any]:
        """Give the segmentor as mmseg reads it."""
        return segmentor(
            start, self.head, num_classes=len(self.classes), channels=self.head_channels, crop_px=self.crop_px
        )

    def train_dataset(self) -> dict[str, Any]:
        """Give the training pictures: scaled, cropped, mirrored and recoloured at random.

        The steps and their numbers are those of mmsegmentation (configs/_base_/datasets/pascal_voc12_aug.py and
        ade20k.py).
        """
        pipeline = [
            self.load_image,
            {"type": "LoadAnnotations"},
            {"type": "RandomResize", "scale": self.scale, "ratio_range": self.scale_range, "keep_ratio": True},
            {"type": "RandomCrop", "crop_size": (self.crop_px, self.crop_px), "cat_max_ratio": 0.75},
            {"type": "RandomFlip", "prob": self.horizontal_flip},
            {"type": "PhotoMetricDistortion"},
            {"type": "PackSegInputs"},
        ]
        if self.data == "ade":
            return {**self.ade("training"), "pipeline": pipeline}
        parts = [{**self.voc(split), "pipeline": pipeline} for split in ("train", *(["aug"] if self.with_aug else []))]
        return {"type": "ConcatDataset", "datasets": parts}

    def test_dataset(self) -> dict[str, Any]:
        """Give the pictures that are judged on, in their own size."""
        pipeline = [
            self.load_image,
            {"type": "Resize", "scale": self.scale, "keep_ratio": True},
            {"type": "LoadAnnotations"},  # after the resize: masks keep the size of the file
            {"type": "PackSegInputs"},
        ]
        return {**(self.ade("validation") if self.data == "ade" else self.voc("val")), "pipeline": pipeline}

    @property
    def load_image(self) -> dict[str, Any]:
        """What reads a picture; it is not turned, because its mask would not be."""
        return {"type": "LoadImageFromFile", "color_type": "color_ignore_orientation"}

    @property
    def scale(self) -> tuple[int, int]:
        """The long and the short edge of a picture at most, in pixels."""
        return LONG_OF_SHORT * self.short_edge_px, self.short_edge_px

    def ade(self, split: str) -> dict[str, Any]:
        """Give a split of ADE20K."""
        return {
            "type": "BaseSegDataset",
            "data_root": self.root,
            "data_prefix": {"img_path": f"images/{split}", "seg_map_path": f"annotations/{split}"},
            "reduce_zero_label": True,
            "metainfo": {"classes": self.classes},
        }

    def voc(self, split: str) -> dict[str, Any]:
        """Give a list of VOC2012."""
        return {
            "type": "BaseSegDataset",
            "data_root": str(Path(self.root) / "VOC2012"),
            "ann_file": f"ImageSets/Segmentation/{split}.txt",
            "data_prefix": {"img_path": "JPEGImages", "seg_map_path": mask_folder(split)},
            "metainfo": {"classes": self.classes},
        }

    def metrics(self) -> list[dict[str, Any]]:
        """Give the overlap of each class and its mean."""
        return [{"type": ClassIoUMetric.__name__}]

    def figures(self, measured: dict[str, float]) -> dict[str, float]:
        """Give ``test/miou``, ``test/pixel_accuracy``, ``test/mean_accuracy`` and ``test/iou/CLASS``, in per cent.

        A class that is in no mask and in no prediction has no figure, and does not count in the means.
        """
        prefix = f"{ClassIoUMetric.default_prefix}/"
        return {f"test/{name.removeprefix(prefix)}": value for name, value in measured.items()}


def mask_folder(split: str) -> str:
    """Give the folder with the masks of a list of VOC2012."""
    return "SegmentationClassAug" if split == "aug" else "SegmentationClass"
