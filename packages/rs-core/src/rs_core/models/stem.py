"""The first layers of a residual network, up to the input of c2."""

from torch import nn

from rs_core.models.config import ResNetConfig
from rs_core.models.layers import MaxPool2dSame, activation, batch_norm, conv2d


class Stem(nn.Sequential):
    """Convolutions, each with batch norm and activation, and what halves the size after them.

    ``out_channels`` and ``stride`` describe the result ``[N, out_channels, H / stride, W / stride]``. The stem
    of ResNet-RS as released: 3x3/2 32, 3x3 32, 3x3 64, 3x3/2 64.
    """

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        *hidden, self.out_channels = config.scaled_stem_widths
        if config.stem == "deep":
            plan = [(hidden[0], 3, 2), (hidden[1], 3, 1), (self.out_channels, 3, 1)]
        elif config.stem == "7x7":
            plan = [(self.out_channels, 7, 2)]
        else:
            plan = [(self.out_channels, 3, 1)]
        if config.stem_downsampling == "conv":
            plan.append((self.out_channels, 3, 2))

        self.stride = 1
        in_channels = config.in_channels
        for number, (channels, kernel_size, stride) in enumerate(plan, start=1):
            conv = conv2d(in_channels, channels, kernel_size, stride=stride, padding=config.padding)
            self.add_module(f"conv{number}", conv)
            self.add_module(f"bn{number}", batch_norm(channels, config))
            self.add_module(f"act{number}", activation(config.activation))
            self.stride *= stride
            in_channels = channels

        if config.stem_downsampling == "max_pool":
            pool = MaxPool2dSame() if config.stem_pool_padding == "same" else nn.MaxPool2d(3, 2, 1)
            self.add_module("pool", pool)
            self.stride *= 2
