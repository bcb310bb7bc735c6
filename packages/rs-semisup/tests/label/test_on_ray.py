"""Ray runs the same loop: the same files, also when one of its processes is killed in the middle."""

import fcntl
import os
import signal
import struct

import pytest

from rs_core.errors import UserError
from rs_semisup.label import label

ray = pytest.importorskip("ray")

from rs_semisup.label.on_ray import label_on_ray  # noqa: E402  (after ray is known to be there)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """A cluster of this machine alone, with room for two processes."""
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            address="local",
            num_cpus=2,
            num_gpus=0,
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
            _node_ip_address="127.0.0.1",
        )
        yield
        ray.shutdown()
    # Ray handles SIGTERM, and forks of this process, such as a pool's, would go on where they are to end.
    signal.signal(signal.SIGTERM, handler)


def holder(claims, number):
    """Give the process that holds a range, 0 if none does."""
    question = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
    with claims.open("r+b") as file:
        kind, _, _, _, process = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, question))
    return 0 if kind == fcntl.F_UNLCK else process


def test_two_workers_of_which_one_is_killed_label_everything(config, contents, tmp_path, monkeypatch):
    monkeypatch.setattr("rs_semisup.label.on_ray.LOOK_EVERY", 0.005)  # seconds; a range takes little longer
    small = {"range_rows": 5, "batch_size": 5}
    label(config(out=str(tmp_path / "undisturbed"), **small))
    out, killed = tmp_path / "predictions", []

    def kill_one(predictions, _num_rows):
        holders = {holder(out / "claims", number) for number in predictions.missing()} - {0}
        if holders and not killed:
            killed.append(holders.pop())
            os.kill(killed[0], signal.SIGKILL)

    predictions = label_on_ray(config(**small), num_processes=2, on_rows=kill_one)
    assert killed
    assert predictions.missing() == []
    assert contents(out) == contents(tmp_path / "undisturbed")


def test_what_the_user_can_mend_comes_back_as_one_line(config):
    with pytest.raises(UserError, match="knows 5 classes, not 7"):
        label_on_ray(config(num_classes=7), num_processes=2)
