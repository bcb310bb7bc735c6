"""Starting points by name."""

from rs_core.errors import UserError, nearest

RANDOM = "random"

# What the paper compares (arXiv 2103.07579, section on transfer learning), as far as it is published: its networks of
# 400 epochs are not, so ``rs-transfer pretrain --recipe resnet_50_transfer`` makes one.
STARTS = {
    RANDOM: "",
    "supervised_50": "resnet_50.torchvision-v1",
    "simclr_50": "resnet_50.simclr-v1-1x-pretrain",
    "simclr_v2_50": "resnet_50.simclr-v2-1x-pretrained",
    "supervised_152": "resnet_152.torchvision-v1",
    "simclr_v2_152": "resnet_152.simclr-v2-1x-pretrained",
}


def parse_start(text: str) -> tuple[str, str]:
    """Give name and weights of a starting point, which is a name of ``STARTS`` or ``NAME=WEIGHTS``.

    >>> parse_start("mine=runs/a"), parse_start("random")
    (('mine', 'runs/a'), ('random', ''))

    Raises:
        UserError: neither of the two.
    """
    name, equals, weights = text.partition("=")
    if not name or "/" in name or not (equals or name in STARTS):
        raise UserError(
            f"--starts {text!r}{nearest(text, list(STARTS))}: give NAME=WEIGHTS, or one of {', '.join(STARTS)}"
        )
    return name, weights if equals else STARTS[name]
