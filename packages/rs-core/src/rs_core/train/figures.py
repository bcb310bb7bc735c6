"""The figures of a run in words."""

FORMATS = {
    "train/loss": "loss {:.3f}",
    "train/loss_labels": "of labels {:.3f}",
    "train/learning_rate": "lr {:.4f}",
    "train/images_per_second": "{:.0f} images/s",
    "train/clips_per_second": "{:.3g} clips/s",
    "val/top1": "top-1 {:.2f} %",
    "val/top5": "top-5 {:.2f} %",
    "val/contrastive_top1": "contrastive top-1 {:.2f} %",
    "val/loss": "held-out loss {:.3f}",
    "test/top1": "test top-1 {:.2f} %",
    "test/loss": "test loss {:.3f}",
}


def describe_figures(figures: dict[str, float]) -> str:
    """Give the figures that a person watches, in a fixed order.

    >>> describe_figures({"val/top1": 78.8, "train/loss": 1.5})
    'loss 1.500  top-1 78.80 %'
    """
    return "  ".join(form.format(figures[name]) for name, form in FORMATS.items() if name in figures)
