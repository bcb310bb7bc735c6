"""The first layers of a residual network of clips, up to the input of c2."""

from torch import nn

from rs_core.models.config3d import ResNet3dConfig
from rs_core.models.layers import activation
from rs_core.models.layers3d import batch_norm3d, conv3d, max_pool3d


class Stem3d(nn.Sequential):
    """Convolutions, each with batch norm and activation, and the max-pool.

    ``out_channels``, ``stride`` and ``temporal_stride`` describe the result ``[N, out_channels, T / temporal_stride,
    H / stride, W / stride]``. The stem of R3D-RS as released: 5x3x3/2 32, 1x3x3 32, 1x3x3 64, max-pool 1x3x3/(1, 2, 2).
    """

    def __init__(self, config: ResNet3dConfig) -> None:
        super().__init__()
        *hidden, self.out_channels = config.scaled_stem_widths
        frames, step = config.stem_temporal_kernel_size, config.stem_temporal_stride
        if config.stem == "deep":
            plan = [
                (hidden[0], (frames, 3, 3), (step, 2, 2)),
                (hidden[1], (1, 3, 3), (1, 1, 1)),
                (self.out_channels, (1, 3, 3), (1, 1, 1)),
            ]
        else:
            plan = [(self.out_channels, (frames, 7, 7), (step, 2, 2))]

        in_channels = config.in_channels
        for number, (channels, kernel_size, stride) in enumerate(plan, start=1):
            conv = conv3d(in_channels, channels, kernel_size, stride=stride, padding=config.padding)
            self.add_module(f"conv{number}", conv)
            self.add_module(f"bn{number}", batch_norm3d(channels, config))
            self.add_module(f"act{number}", activation(config.activation))
            in_channels = channels

        pool_step = config.pool_temporal_stride
        pool_frames = 1 if pool_step == 1 else 3
        self.add_module("pool", max_pool3d((pool_frames, 3, 3), (pool_step, 2, 2), config.padding))
        self.stride = 4
        self.temporal_stride = step * pool_step
