"""What others published about the rows that can be measured here, to stand beside what is measured.

Figures of ResNet-RS and EfficientNet: Bello et al. 2021 (arXiv 2103.07579), table 7. EfficientNet-RS: read off the dots
of its figure 5, as no table is known. timm's accuracies: its results-imagenet.csv; of the same weights they differ from
the paper's because of another crop.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """Published figures of a network at a resolution; ``None`` where there is none.

    Args:
        model: its name.
        resolution: pixels a side.
        top1: on ImageNet, in per cent.
        million_parameters: as printed.
        gigaflops: as printed, two for each multiply-accumulate.
        v100_seconds: of a training step of 128 images on a V100 in float32, halved until it fits.
        tpu_ms: of a training step of 1024 images on eight cores of TPUv3 in bfloat16.
        timm_top1: what timm measures of the same weights at the same resolution.
        read_off: whether time and accuracy are read off a figure, and so are rough.
    """

    model: str
    resolution: int
    top1: float
    million_parameters: float | None = None
    gigaflops: float | None = None
    v100_seconds: float | None = None
    tpu_ms: float | None = None
    timm_top1: float | None = None
    read_off: bool = False

    @property
    def row(self) -> str:
        """The name of the row."""
        return f"{self.model}@{self.resolution}"


def table_7_row(
    model: str, resolution: int, parameters: float, gigaflops: float, v100_seconds: float, tpu_ms: float, top1: float
) -> Published:
    """Give a row in the order in which the paper prints its columns."""
    return Published(
        model=model,
        resolution=resolution,
        top1=top1,
        million_parameters=parameters,
        gigaflops=gigaflops,
        v100_seconds=v100_seconds,
        tpu_ms=tpu_ms,
        timm_top1=TIMM_TOP1.get((model, resolution)),
    )


def figure_5_dot(model: str, resolution: int, tpu_seconds: float, top1: float) -> Published:
    """Give a dot of the figure."""
    return Published(model=model, resolution=resolution, top1=top1, tpu_ms=1000 * tpu_seconds, read_off=True)


TIMM_TOP1 = {
    ("resnet_rs_50", 160): 77.86,
    ("resnet_rs_101", 192): 80.71,
    ("resnet_rs_152", 256): 82.90,
    ("resnet_rs_200", 256): 83.88,  # timm's own training
    ("resnet_rs_270", 256): 83.60,
    ("resnet_rs_420", 320): 84.24,
}

TABLE_7 = (
    table_7_row("efficientnet_b0", 224, 5.3, 0.8, 0.47, 90, 77.1),
    table_7_row("efficientnet_b1", 240, 7.8, 1.4, 0.82, 150, 79.1),
    table_7_row("resnet_rs_50", 160, 36, 4.6, 0.31, 70, 78.8),
    table_7_row("efficientnet_b2", 260, 9.2, 2.0, 1.03, 210, 80.1),
    table_7_row("resnet_rs_101", 160, 64, 8.4, 0.48, 120, 80.3),
    table_7_row("efficientnet_b3", 300, 12, 3.6, 1.76, 340, 81.6),
    table_7_row("resnet_rs_101", 192, 64, 12, 0.70, 170, 81.2),
    table_7_row("resnet_rs_152", 192, 87, 18, 0.99, 240, 82.0),
    table_7_row("efficientnet_b4", 380, 19, 8.4, 4.0, 710, 82.9),
    table_7_row("resnet_rs_152", 224, 87, 24, 1.48, 320, 82.8),
    table_7_row("resnet_rs_152", 256, 87, 31, 1.76, 410, 83.0),
    table_7_row("efficientnet_b5", 456, 30, 20, 8.16, 1510, 83.7),
    table_7_row("resnet_rs_200", 256, 93, 40, 2.86, 570, 83.4),
    table_7_row("resnet_rs_270", 256, 130, 54, 3.76, 780, 83.8),
    table_7_row("efficientnet_b6", 528, 43, 38, 15.7, 3010, 84.0),
    table_7_row("resnet_rs_350", 256, 164, 69, 4.72, 1100, 84.0),
    table_7_row("efficientnet_b7", 600, 66, 74, 29.9, 6020, 84.7),
    table_7_row("resnet_rs_350", 320, 164, 107, 8.48, 1630, 84.2),
    table_7_row("resnet_rs_420", 320, 192, 128, 10.16, 2090, 84.4),
)

FIGURE_5 = (
    figure_5_dot("efficientnet_rs_b4", 192, 0.18, 80.0),
    figure_5_dot("efficientnet_rs_b4", 224, 0.26, 81.25),
    figure_5_dot("efficientnet_rs_b4", 256, 0.33, 81.9),
    figure_5_dot("efficientnet_rs_b5", 256, 0.445, 82.5),
    figure_5_dot("efficientnet_rs_b5", 288, 0.55, 82.8),
    figure_5_dot("efficientnet_rs_b6", 256, 0.61, 82.95),
    figure_5_dot("efficientnet_rs_b6", 288, 0.75, 83.2),
    figure_5_dot("efficientnet_rs_b6", 320, 0.92, 83.4),
)

PUBLISHED = {published.row: published for published in (*TABLE_7, *FIGURE_5)}

# The pairs whose speed-ups table 7 prints: a ResNet-RS and the EfficientNet of about its accuracy.
PAIRS = (
    ("resnet_rs_101@160", "efficientnet_b2@260"),
    ("resnet_rs_152@224", "efficientnet_b4@380"),
    ("resnet_rs_152@256", "efficientnet_b4@380"),
    ("resnet_rs_270@256", "efficientnet_b5@456"),
    ("resnet_rs_350@256", "efficientnet_b6@528"),
)
