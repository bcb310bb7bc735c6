"""Two processes: loss and gradients are those of one with the whole batch."""

import textwrap

import pytest
import torch

pytestmark = pytest.mark.slow

ON_A_RANK = """
    import sys
    import torch
    from rs_core.models import image_model_config
    from rs_core.train.batch_norm import synchronize_batch_norm
    from rs_core.train.ranks import join_ranks
    from rs_transfer.simclr.loss import nt_xent
    from rs_transfer.simclr.network import ProjectionConfig, SimCLRNetwork

    torch.manual_seed(0)
    config = image_model_config("resnet_50", num_classes=0, blocks=(1, 1, 1, 1), width_multiplier=0.125, stem="small")
    network = SimCLRNetwork(config, ProjectionConfig(out_channels=16)).double()
    with torch.no_grad():
        for block in network.blocks():
            block.last_bn.weight.fill_(0.5)  # at 0, as blocks start, most gradients would be 0
    views = torch.rand(24, 3, 24, 24, dtype=torch.float64)

    device = torch.device("cpu")
    with join_ranks(device, 2) as ranks:
        if ranks.num_ranks > 1:
            synchronize_batch_norm(network, device)
        own = views.chunk(ranks.num_ranks)[ranks.rank]
        parallel = ranks.wrap(network, device)  # which exchanges gradients for as long as it is there
        loss, top1 = nt_xent(parallel(own), 0.1, ranks)
        loss.backward()
        figures = ranks.mean(torch.stack([loss.detach(), top1]))
        if ranks.is_main:
            gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
            torch.save({"figures": figures, "gradients": gradients}, sys.argv[1])
"""


@pytest.fixture
def found_by(launch_ranks, tmp_path):
    """Gives the loss, the share found and the gradients of a batch that so many processes share."""

    def run(num_ranks):
        out = tmp_path / f"{num_ranks}.pt"
        for rank in launch_ranks(textwrap.dedent(ON_A_RANK), [out], num_ranks):
            _, err = rank.communicate(timeout=120)
            assert rank.returncode == 0, err
        return torch.load(out, weights_only=True)

    return run


def test_two_processes_find_the_loss_and_the_gradients_of_one_with_the_whole_batch(found_by):
    one, two = found_by(1), found_by(2)
    torch.testing.assert_close(two["figures"], one["figures"], rtol=1e-5, atol=0)
    for name, gradient in one["gradients"].items():
        assert gradient.abs().max() > 0, name
        torch.testing.assert_close(
            two["gradients"][name], gradient, rtol=1e-4, atol=1e-5 * gradient.abs().max().item(), msg=name
        )


def test_two_processes_train_by_the_command_and_resume(together):
    settings = [
        *("--model.width_multiplier", "0.125", "--resolution", "16", "--batch_size", "16", "--epochs", "0.1"),
        *("--run.device", "cpu", "--run.directory", "two", "--data.num_workers", "0", "--run.log_every", "1"),
    ]
    out = together("pretrain-simclr", *settings)
    assert "batch 16 in 2 parts on 2 ranks" in out
    assert out.count("run: two") == 1
    assert together("pretrain-simclr", "--resume", "two").splitlines()[-1] == "run: two"
