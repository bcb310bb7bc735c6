"""What networks cost."""

from rs_core.bench.cost import count_activations, count_flops, count_parameters

__all__ = ["count_activations", "count_flops", "count_parameters"]
