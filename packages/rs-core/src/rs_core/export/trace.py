"""The network as a graph: what ``torch.export`` records, for both formats that are made of it."""

import torch
from torch.export import Dim, ExportedProgram

from rs_core.export.description import Contract
from rs_core.export.inference import InferenceModel


def trace(network: InferenceModel, contract: Contract) -> ExportedProgram:
    """Record the network for any batch size and, if the contract has a step, for any multiple of it in size."""
    sizes: dict[int, Dim] = {0: Dim("batch")}
    last = len(contract.input_shape)
    if contract.size_step:
        # Multiples, because a size like 75 would make every layer's output an expression of its own.
        sizes |= {last - 1: contract.size_step * Dim("rows", min=2), last: contract.size_step * Dim("columns", min=2)}
    with torch.no_grad():
        program = torch.export.export(network, (torch.zeros(2, *contract.input_shape),), dynamic_shapes=(sizes,))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine have no business in the file
    return program
