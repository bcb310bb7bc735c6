"""The classes of the published data sets, in the order of their masks."""

from mmseg.datasets import ADE20KDataset, PascalVOCDataset

# With the background.
VOC_CLASSES: tuple[str, ...] = tuple(PascalVOCDataset.METAINFO["classes"])
ADE_CLASSES: tuple[str, ...] = tuple(name.strip() for name in ADE20KDataset.METAINFO["classes"])
PUBLISHED = {"voc": VOC_CLASSES, "ade": ADE_CLASSES}
