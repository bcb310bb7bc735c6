"""The command line: ``rs-transfer COMMAND …``."""

from rs_core.cli.program import Program
from rs_transfer._version import __version__

PROGRAM = Program(
    name="rs-transfer",
    version=__version__,
    package=__name__,
    commands={
        "compare": "run tasks x starting points x seeds, and make the table and the plot",
        "classify": "fine-tune a network on CIFAR-100 or a folder of images, or judge its features as they are",
        "detect": "fine-tune Faster R-CNN on Pascal VOC",
        "segment": "fine-tune FCN, UPerNet or DeepLabV3 on Pascal VOC or ADE20K",
        "depth": "fine-tune a depth network on NYU Depth v2",
        "pretrain": "train a starting point on ImageNet by the methods of ResNet-RS",
        "pretrain-simclr": "train a starting point without labels, by SimCLR",
        "run": "run any config of mmdetection or mmsegmentation, with our networks at hand",
        "scenes": "write the built-in scenes in the formats of VOC, ADE20K and NYU Depth",
    },
)

main = PROGRAM.main
