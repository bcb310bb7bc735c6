"""Activation checkpointing changes memory, and nothing else."""

import pytest
import torch
from torch import nn


def step(model, call, images):
    """Give output, gradients and buffers of one training step, run through ``call``."""
    torch.manual_seed(3)
    output = call(images)
    nn.functional.cross_entropy(output, torch.tensor([0, 1, 2, 3])).backward()
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return {"output": output.detach()} | gradients | dict(model.named_buffers())


@pytest.mark.parametrize("frozen", [(), ("stem", "c2")])
@pytest.mark.parametrize("name", ["resnet_rs_50", "resnet_18", "r3d_rs_50"])
def test_outputs_gradients_and_buffers_are_the_same_with_drop_path_on(name, frozen, small, draw, clips):
    options = {"drop_path_rate": 0.5, "bn_momentum": 0.3, "zero_gamma": False, "blocks": (2, 1, 2, 1)}
    plain = small(name, **options)
    checkpointed = small(name, activation_checkpointing=True, **options)
    checkpointed.load_state_dict(plain.state_dict())
    results = []
    for model in (plain, checkpointed):
        model.freeze(*frozen)
        results.append(step(model, model, clips(4) if name.startswith("r3d") else draw(4)))
    expected, actual = results
    assert actual.keys() == expected.keys()
    for key, tensor in expected.items():
        torch.testing.assert_close(actual[key], tensor, rtol=0, atol=0, msg=key)
    assert checkpointed.stages["c3"][0].bn1.num_batches_tracked == 1


@pytest.mark.slow
def test_compiled_it_is_one_graph_and_still_the_same(small, draw):
    options = {"drop_path_rate": 0.5, "bn_momentum": 0.3, "zero_gamma": False}
    plain, checkpointed = small(**options), small(activation_checkpointing=True, **options)
    checkpointed.load_state_dict(plain.state_dict())
    torch.compiler.reset()
    # The backend "eager" runs the second pass outside the graph, updates included; this one traces it.
    compiled = torch.compile(checkpointed, fullgraph=True, backend="aot_eager")
    expected, actual = step(plain, plain, draw(4)), step(checkpointed, compiled, draw(4))
    for key, tensor in expected.items():
        torch.testing.assert_close(actual[key], tensor, msg=key)


def test_it_keeps_fewer_activations(small, draw):
    def num_saved_bytes(model):
        saved = 0

        def count(tensor):
            nonlocal saved
            saved += tensor.numel() * tensor.element_size()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            model(draw(4))
        return saved

    options = {"blocks": (3, 3, 3, 3)}
    assert num_saved_bytes(small(activation_checkpointing=True, **options)) < 0.5 * num_saved_bytes(small(**options))


def test_it_is_off_in_eval_mode(small, draw):
    plain, checkpointed = small(), small(activation_checkpointing=True)
    checkpointed.load_state_dict(plain.state_dict())
    assert torch.equal(checkpointed.eval()(draw()), plain.eval()(draw()))
