"""SimCLR's projection head, which stands on pooled features while a network is trained by contrast.

Chen et al. 2020, arXiv 2002.05709 (two layers) and arXiv 2006.10029 (three), with the layout of the released code
(google-research/simclr:model_util.py).
"""

from torch import Tensor, nn

from rs_core.errors import UserError


class ProjectionHead(nn.Module):
    """Linear layers without bias, each with batch norm, and ReLU after all but the last.

    Hidden layers are as wide as the features. ``head(pooled)`` gives the projection that the contrastive loss
    compares; SimCLRv2 fine-tunes from the first layer, ``head.first_layers(pooled, 1)``.

    >>> import torch
    >>> head = ProjectionHead(64, num_layers=3, out_channels=16).eval()
    >>> head(torch.zeros(2, 64)).shape, head.first_layers(torch.zeros(2, 64), 1).shape
    (torch.Size([2, 16]), torch.Size([2, 64]))

    Raises:
        UserError: fewer than one feature, layer or output.
    """

    def __init__(self, num_features: int, num_layers: int, out_channels: int = 128) -> None:
        super().__init__()
        if min(num_features, num_layers, out_channels) < 1:
            raise UserError(
                f"projection head of {num_layers} layers from {num_features} to {out_channels} features: "
                "give at least one of each"
            )
        self.num_features = num_features
        self.out_channels = out_channels
        hidden = [ProjectionLayer(num_features, num_features, last=False) for _ in range(num_layers - 1)]
        self.layers = nn.ModuleList([*hidden, ProjectionLayer(num_features, out_channels, last=True)])

    def forward(self, x: Tensor) -> Tensor:
        """Map pooled features ``[N, num_features]`` to projections ``[N, out_channels]``, not yet normalised."""
        return self.first_layers(x, len(self.layers))

    def first_layers(self, x: Tensor, count: int) -> Tensor:
        """Map pooled features ``[N, num_features]`` to what the first ``count`` layers make of them; 0 is ``x``.

        Raises:
            UserError: a count that the head does not have.
        """
        if not 0 <= count <= len(self.layers):
            raise UserError(f"layer {count} of a projection head of {len(self.layers)}: choose 0 to {len(self.layers)}")
        for layer in self.layers[:count]:
            x = layer(x)
        return x


class ProjectionLayer(nn.Module):
    """Linear without bias, batch norm and ReLU; the last one of a head has neither shift nor ReLU."""

    def __init__(self, in_channels: int, out_channels: int, *, last: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(in_channels, out_channels, bias=False)
        self.bn = ScaleBatchNorm1d(out_channels) if last else nn.BatchNorm1d(out_channels)
        self.act = nn.Identity() if last else nn.ReLU(inplace=True)
        nn.init.normal_(self.linear.weight, std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, in_channels]`` to ``[N, out_channels]``."""
        projected: Tensor = self.act(self.bn(self.linear(x)))
        return projected


class ScaleBatchNorm1d(nn.BatchNorm1d):
    """Batch norm that scales and does not shift."""

    def __init__(self, num_features: int) -> None:
        super().__init__(num_features)
        # PyTorch's own bias=False is newer than the oldest version we support.
        self.register_parameter("bias", None)

    def reset_parameters(self) -> None:
        """Forget the statistics and scale by 1."""
        self.reset_running_stats()
        nn.init.ones_(self.weight)
