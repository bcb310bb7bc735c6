"""Several processes that train one model: what they agree on, and what happens when one dies or hangs."""

import dataclasses
import json
import signal
import textwrap
import time

import pytest
import torch

from rs_core import UserError
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.config import TrainConfig
from rs_core.train.loop import train
from rs_core.train.metrics import read_metrics
from rs_core.train.ranks import ALONE, is_one_of_many
from rs_core.train.run import read_config, write_config

START = "import os, signal, sys, time, torch\nfrom pathlib import Path\nfrom rs_core.train import loop, ranks\n"


@pytest.fixture
def start_ranks(launch_ranks, tmp_path):
    """Start processes that run the same lines, as torchrun does, in two ranks unless told otherwise."""

    def start(lines, num_ranks=2):
        return launch_ranks(START + textwrap.dedent(lines), [tmp_path], num_ranks)

    return start


def outputs(processes):
    """Wait for all processes, which must succeed, and give what each printed."""
    ended = [process.communicate(timeout=300) for process in processes]
    for process, (_, err) in zip(processes, ended, strict=True):
        assert process.returncode == 0, err
    return [without_gloo(out) for out, _ in ended]


def without_gloo(out):
    """Leave out what older versions of PyTorch print of their own when ranks meet."""
    return "".join(line for line in out.splitlines(keepends=True) if not line.startswith("[Gloo]"))


def losses(directory):
    return {row["step"]: row["train/loss"] for row in read_metrics(directory) if "train/loss" in row}


def last_state(directory):
    return load_checkpoint(list_checkpoints(directory / "checkpoints")[-1])


def assert_close(one, other, tolerance):
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=tolerance, atol=tolerance)


def prepare(config, directory):
    """Write the config where the scripts below find it."""
    config = dataclasses.replace(config, run=dataclasses.replace(config.run, directory=str(directory / "ranks")))
    config = config.for_num_classes(10)
    write_config(config, directory)
    return config


TRAIN = """
    config = loop.read_config(Path(sys.argv[1]), loop.TrainConfig)
    def note_the_end(trainer, stop, run=loop.Trainer.run):
        run(trainer, stop)
        state = {"model": trainer.state.model.state_dict(), "ema": trainer.state.ema.model.state_dict()}
        torch.save(state, Path(sys.argv[1]) / f"rank{trainer.ranks.rank}.pt")
    loop.Trainer.run = note_the_end
    loop.train(config)
"""


def test_one_process_is_alone_and_needs_no_group():
    assert not is_one_of_many()
    assert ALONE.is_main
    assert ALONE.from_main(lambda: "x") == "x"
    assert ALONE.any(3, True, False) == [True, False]
    assert ALONE.mean(torch.ones(2)).tolist() == [1, 1]


def test_ranks_agree_on_flags_figures_and_what_the_first_decides(start_ranks):
    first, second = outputs(
        start_ranks(
            """
            with ranks.join_ranks(torch.device("cpu"), 1) as group:
                own = torch.tensor([1.0, 10.0]) * (group.rank + 1)
                print(group.any(1, group.rank == 1, False), group.sum(own).tolist(), group.largest(own).tolist())
                parts = [torch.full((2, 1), float(group.rank)), torch.tensor([4.0 * group.rank])]
                group.average_in_place(parts)
                print([part.tolist() for part in parts], own.tolist())
                print(group.from_main(lambda: f"from {group.rank}"))
                def refuse():
                    raise loop.UserError("the directory is in use")
                try:
                    group.from_main(refuse)
                except loop.UserError as error:
                    print(error)
            """
        )
    )
    common = ["[True, False] [3.0, 30.0] [2.0, 20.0]", "[[[0.5], [0.5]], [2.0]]", "from 0", "the directory is in use"]
    for own, out in (("[1.0, 10.0]", first), ("[2.0, 20.0]", second)):
        lines = out.splitlines()
        assert lines == [common[0], f"{common[1]} {own}", *common[2:]]


@pytest.mark.slow
def test_two_ranks_train_as_one_process_that_takes_the_batch_in_two_parts(tiny_config, tmp_path, start_ranks):
    config = prepare(tiny_config, tmp_path)
    out, other_out = outputs(start_ranks(TRAIN))
    assert "batch 32 in 2 parts on 2 ranks" in out
    assert other_out == ""

    in_parts = dataclasses.replace(tiny_config.run, micro_batch_size=16)
    alone = train(dataclasses.replace(tiny_config, run=in_parts))
    # The sum of two gradients is the same in either order, so only the batch statistics, averaged here, differ.
    assert losses(tmp_path / "ranks") == pytest.approx(losses(alone), rel=1e-6)
    state = last_state(tmp_path / "ranks")
    weights = {name for name, _ in build(config).named_parameters()}
    assert_close({name: state["model"][name] for name in weights}, last_state(alone)["model"], 1e-6)
    result = json.loads((tmp_path / "ranks/result.json").read_text())
    assert result["val/num_images"] == 359

    ends = [torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in range(2)]
    for part in ("model", "ema"):
        assert_close(ends[0][part], ends[1][part], 0)
        assert_close(ends[0]["ema"], state["ema"]["model"], 0)


def build(config):
    from rs_core.models import build_model  # noqa: PLC0415

    return build_model(config.model)


@pytest.mark.slow
def test_a_run_goes_on_with_the_same_batches_on_another_number_of_ranks(tiny_config, tmp_path, start_ranks):
    in_parts = dataclasses.replace(tiny_config.run, micro_batch_size=16)
    config = prepare(dataclasses.replace(tiny_config, run=in_parts), tmp_path)
    stop_after_four = """
    def step(trainer, train_step=loop.Trainer.train_step):
        train_step(trainer)
        if trainer.state.step == 4:
            os.kill(os.getpid(), signal.SIGTERM)
    loop.Trainer.train_step = step
    """
    outputs(start_ranks(stop_after_four + TRAIN, num_ranks=1))
    outputs(start_ranks("loop.resume(Path(sys.argv[1]) / 'ranks')"))
    alone = train(dataclasses.replace(config, run=dataclasses.replace(in_parts, directory=str(tmp_path / "alone"))))
    assert losses(tmp_path / "ranks") == pytest.approx(losses(alone), rel=1e-6)


IN_FLOAT64 = """
def build_in_float64(config, build=loop.LoopConfig.build_network):
    model = build(config).double()
    model.register_forward_pre_hook(lambda model, inputs: (inputs[0].double(),))
    return model
loop.LoopConfig.build_network = build_in_float64
"""


@pytest.mark.slow
def test_synchronized_batch_norm_makes_two_ranks_equal_one_process_with_the_doubled_batch(
    tiny_config, tmp_path, start_ranks
):
    # Without what is random in each part on its own. In float32 training makes a loss in the sixth digit one in the
    # second within nine steps; the network in float64, with the loss in float32, leaves most of that out.
    config = dataclasses.replace(
        tiny_config,
        model=dataclasses.replace(tiny_config.model, dropout=0.0, drop_path_rate=0.0),
        horizontal_flip=0.0,
        randaugment=dataclasses.replace(tiny_config.randaugment, num_layers=0),
        run=dataclasses.replace(tiny_config.run, batch_norm="synchronized"),
    )
    prepare(config, tmp_path)
    outputs(start_ranks(IN_FLOAT64 + textwrap.dedent(TRAIN)))
    synchronized = (tmp_path / "ranks").rename(tmp_path / "synchronized")
    outputs(start_ranks(IN_FLOAT64 + textwrap.dedent(TRAIN), num_ranks=1))
    assert losses(synchronized) == pytest.approx(losses(tmp_path / "ranks"), rel=1e-5)
    assert_close(last_state(synchronized)["model"], last_state(tmp_path / "ranks")["model"], 1e-5)


@pytest.mark.slow
def test_a_rank_that_is_killed_ends_the_others_with_a_line_and_a_second_start_goes_on_as_if_nothing_was(
    tiny_config, tmp_path, start_ranks, monkeypatch
):
    config = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, checkpoint_every=0.0))
    prepare(config, tmp_path)
    die = """
    def step(trainer, train_step=loop.Trainer.train_step):
        train_step(trainer)
        if trainer.state.step == 5 and trainer.ranks.rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    loop.Trainer.train_step = step
    """
    survivor, killed = start_ranks(die + TRAIN)
    _, err = survivor.communicate(timeout=120)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    assert "UserError: another rank is gone; last steps: rank 0 5, rank 1 4; continue with --resume" in err

    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "1")
    outputs(start_ranks(TRAIN))
    monkeypatch.delenv("TORCHELASTIC_MAX_RESTARTS")
    broken, state = losses(tmp_path / "ranks"), last_state(tmp_path / "ranks")
    (tmp_path / "ranks").rename(tmp_path / "broken")
    outputs(start_ranks(TRAIN))
    assert broken == losses(tmp_path / "ranks")
    for part in ("model", "optimizer"):
        whole = last_state(tmp_path / "ranks")[part]
        assert_close(flat(state[part]), flat(whole), 0)


def flat(state, prefix=""):
    """Give the tensors in nested dictionaries by the path to each."""
    if isinstance(state, torch.Tensor):
        return {prefix: state}
    items = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    return {name: tensor for key, item in items for name, tensor in flat(item, f"{prefix}.{key}").items()}


@pytest.mark.slow
def test_a_rank_that_hangs_ends_the_others_within_the_limit_and_is_named(tiny_config, tmp_path, start_ranks):
    prepare(dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, rank_timeout=0.1)), tmp_path)
    hang = """
    def step(trainer, train_step=loop.Trainer.train_step):
        train_step(trainer)
        if trainer.state.step == 3 and trainer.ranks.rank == 1:
            print("hangs", flush=True)
            time.sleep(1000)
    loop.Trainer.train_step = step
    """
    waiting, hanging = start_ranks(hang + TRAIN)
    while "hangs\n" not in hanging.out.read_text():
        assert waiting.returncode is hanging.returncode is None
        time.sleep(0.05)
    started = time.monotonic()
    _, err = waiting.communicate(timeout=60)
    assert time.monotonic() - started < 30  # six seconds of waiting, and the end of the process
    assert "another rank has been silent for 0.1 minutes (run.rank_timeout); last steps: rank 0 3, rank 1 2" in err


@pytest.mark.slow
def test_a_signal_to_one_rank_stops_all_after_the_same_step(tiny_config, tmp_path, start_ranks):
    prepare(tiny_config, tmp_path)
    ask = """
    def step(trainer, train_step=loop.Trainer.train_step):
        train_step(trainer)
        if trainer.state.step == 4 and trainer.ranks.rank == 1:
            os.kill(os.getpid(), signal.SIGTERM)
    loop.Trainer.train_step = step
    """
    out, _ = outputs(start_ranks(ask + TRAIN))
    assert "stopped with another process: saved step 4 of 9" in out
    assert last_state(tmp_path / "ranks")["step"] == 4


def test_ranks_that_cannot_share_the_batch_evenly_are_refused(tiny_config):
    with pytest.raises(UserError, match="batch_size=32: cannot be shared by 3 ranks"):
        tiny_config.num_parts(num_ranks=3)
    in_elevens = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, micro_batch_size=11))
    assert [in_elevens.num_parts(num_ranks) for num_ranks in (1, 2, 4, 8)] == [4, 4, 4, 8]


def test_a_run_that_may_be_started_again_needs_a_name(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "3")
    nameless = dataclasses.replace(tiny_config, run=dataclasses.replace(tiny_config.run, directory=""))
    with pytest.raises(UserError, match=r"name its directory with --run\.directory"):
        train(nameless)


def test_a_second_start_with_another_config_is_refused(tiny_config, tmp_path, monkeypatch):
    train(tiny_config)
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "1")
    with pytest.raises(UserError, match=r"a run of another config \(epochs=0.3 instead of 0.2\)"):
        train(dataclasses.replace(tiny_config, epochs=0.3))
    assert read_config(tmp_path / "run", TrainConfig).epochs == 0.2
