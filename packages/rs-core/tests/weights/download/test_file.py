"""``fetch``: a file comes once, whole, and is checked whenever it is used again."""

import socket
import subprocess
import sys
import threading
import time
from unittest.mock import Mock

import pytest

from rs_core import UserError
from rs_core.weights.download import cached_path, fetch, transfer

PROGRAM = """
import sys
from pathlib import Path
from rs_core.weights.download import fetch
fetch(sys.argv[1], Path(sys.argv[2]))
"""


def files(cache):
    """The files of the cache that a person sees."""
    return sorted(path.name for path in cache.rglob("[!.]*") if path.is_file())


def refusal(*arguments, **keywords) -> str:
    """The one line that a fetch is refused with."""
    with pytest.raises(UserError) as caught:
        fetch(*arguments, **keywords)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_comes_whole_and_once(server, cache):
    path = fetch(server.url, cache)
    assert path == cached_path(server.url, cache)
    assert path.read_bytes() == server.content
    assert fetch(server.url, cache) == path
    assert server.ranges == [""]
    assert files(cache) == ["model.h5"]


def test_checksums_and_size_that_are_stated_are_compared(server, cache):
    assert fetch(server.url, cache, num_bytes=3_000_000, sha256=server.sha256, md5=server.md5).is_file()


def test_the_first_digits_of_a_checksum_suffice(server, cache):
    assert fetch(server.url, cache, sha256=server.sha256[:8]).is_file()


@pytest.mark.parametrize("stated", [{"sha256": "0" * 64}, {"md5": "0" * 32}, {"sha256": "01234567"}])
def test_a_file_that_is_not_the_published_one_is_refused_and_not_kept(server, cache, stated):
    line = refusal(server.url, cache, **stated)
    assert server.url in line
    assert f"instead of {next(iter(stated.values()))}" in line
    assert str(cached_path(server.url, cache)) in line
    assert files(cache) == []


def test_a_file_of_another_size_is_refused_before_it_comes(server, cache):
    line = refusal(server.url, cache, num_bytes=7)
    assert "the server offers 3000000 bytes, published are 7" in line
    assert files(cache) == []


@pytest.mark.parametrize("num_bytes", [0, 1, 1_500_000, 2_999_999])
def test_a_broken_connection_is_resumed_where_it_broke_off(server, cache, num_bytes):
    server.faults = [server.break_off(num_bytes)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", f"bytes={num_bytes}-" if num_bytes else ""]
    assert files(cache) == ["model.h5"]


def test_any_number_of_breaks_is_survived_while_bytes_come(server, cache):
    server.faults = [server.break_off(100_000) for _ in range(20)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges[-1] == "bytes=2000000-"


def test_a_server_without_ranges_starts_again(server, cache):
    server.honours_ranges = False
    server.faults = [server.break_off(1_500_000)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", "bytes=1500000-"]


def test_a_server_that_names_no_version_is_not_asked_for_the_rest(server, cache):
    server.etag = ""
    server.faults = [server.break_off(1_500_000)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", ""]


def test_a_weak_etag_does_not_vouch_for_bytes(server, cache):
    server.etag = 'W/"one"'
    server.faults = [server.break_off(1_500_000)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", ""]


def test_a_download_is_resumed_behind_a_redirection(server, cache):
    """GitHub sends its release files on to another host."""

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", f"{server.url}.elsewhere")
        handler.end_headers()

    server.faults = [server.break_off(1_500_000), redirect]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", "bytes=1500000-", "bytes=1500000-"]


def test_a_file_that_changed_meanwhile_starts_again(server, cache):
    def change(handler):
        server.break_off(1_500_000)(handler)
        server.content, server.etag = server.content[::-1], '"two"'

    server.faults = [change]
    assert fetch(server.url, cache).read_bytes() == server.content


def test_a_part_of_another_version_is_not_appended(server, cache):
    """A server that ignores If-Range sends the rest of the new file behind the start of the old one."""

    def ignore_if_range(handler):
        server.etag = '"two"'
        handler.headers.replace_header("If-Range", '"two"')
        handler.wfile.write(handler.begin())

    server.faults = [server.break_off(1_500_000), ignore_if_range]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", "bytes=1500000-", ""]


def test_a_file_that_became_shorter_starts_again(server, cache):
    def shorten(handler):
        server.break_off(1_500_000)(handler)
        server.content = server.content[:1000]

    server.faults = [shorten, server.answer(416)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert len(server.content) == 1000


def test_a_file_shorter_than_announced_is_never_taken_for_whole(server, cache):
    server.faults = [server.announce(4_000_000) for _ in range(20)]
    server.honours_ranges = False
    line = refusal(server.url, cache)
    assert "the connection broke off at 3.0 MB of 4.0 MB" in line
    assert len(server.ranges) == 5  # the first brought bytes, the four that followed nothing new
    assert files(cache) == ["model.h5.partial"]


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "the server has no such file (404)"), (403, "the server refuses access (403)"), (401, "answers 401")],
)
def test_a_final_answer_is_one_line_with_address_and_remedy(server, cache, status, words):
    server.faults = [server.answer(status)]
    line = refusal(server.url, cache)
    assert line.startswith(f"{server.url}: ")
    assert words in line
    assert line.endswith(f"put the file at {cached_path(server.url, cache)} by hand")
    assert len(server.ranges) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_of_the_server_is_outlived(server, cache, status):
    server.faults = [server.answer(status)] * 4
    assert fetch(server.url, cache).is_file()


def test_a_lasting_fault_of_the_server_is_one_line(server, cache):
    server.faults = [server.answer(503)] * 9
    assert "the server answers 503" in refusal(server.url, cache)
    assert len(server.ranges) == 5


def test_a_server_that_stalls_is_left_and_asked_for_the_rest(server, cache, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT_SECONDS", 0.5)
    server.faults = [server.stall(1_500_000)]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges[0] == ""
    assert server.ranges[1].startswith("bytes=")


def test_a_server_that_never_answers_is_one_line(server, cache, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT_SECONDS", 0.1)
    server.faults = [server.stall(0)] * 9
    assert "the server does not answer" in refusal(server.url, cache)


def test_a_port_where_nobody_listens_is_one_line(server, cache):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "Connection refused" in refusal(f"http://127.0.0.1:{port}/model.h5", cache)


def test_a_host_without_an_address_is_one_line_at_once(server, cache, monkeypatch):
    asked = []

    def resolve(host, *arguments, **keywords):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    line = refusal("http://weights.invalid/model.h5", cache)
    assert line.startswith("http://weights.invalid/model.h5: its host cannot be found (Name or service not known)")
    assert "by hand" in line
    assert asked == ["weights.invalid"]


def test_a_full_disk_is_found_before_the_download(server, cache, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1_000_000}))
    line = refusal(server.url, cache)
    assert "3.0 MB are to come" in line
    assert "1.0 MB free; make room or set RS_CORE_CACHE" in line


def test_a_disk_that_fills_during_the_download_is_one_line(server, cache, monkeypatch):
    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transfer.os, "fsync", fail)
    line = refusal(server.url, cache)
    assert "model.h5.partial: No space left on device; make room" in line
    assert len(server.ranges) == 1


def test_a_cache_that_cannot_be_written_is_one_line(server, tmp_path):
    (tmp_path / "cache").write_text("a file, no folder")
    assert "set RS_CORE_CACHE to a folder that can be written" in refusal(server.url, tmp_path / "cache")


@pytest.mark.parametrize("variable", ["RS_CORE_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_asks_nothing_of_the_network(server, cache, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    line = refusal(server.url, cache)
    assert variable in line
    assert str(cached_path(server.url, cache)) in line
    assert server.ranges == []


def test_offline_uses_what_is_cached(server, cache, monkeypatch):
    path = fetch(server.url, cache)
    monkeypatch.setenv("RS_CORE_OFFLINE", "1")
    assert fetch(server.url, cache) == path


@pytest.mark.parametrize("damage", [b"x", b"", b"longer"], ids=["changed", "shorter", "longer"])
def test_damage_in_the_cache_is_found_on_the_second_use(server, cache, damage):
    path = fetch(server.url, cache)
    head = path.read_bytes()[: -len(damage) if damage == b"x" else None]
    path.write_bytes(head[:-1] if not damage else head + damage)
    line = refusal(server.url, cache)
    assert line.startswith(f"{path} was damaged after its download: ")
    assert line.endswith("delete it to download it again")
    path.unlink()
    assert fetch(server.url, cache).read_bytes() == server.content


def test_a_damaged_record_is_one_line(server, cache):
    path = fetch(server.url, cache)
    path.with_name(".model.h5.json").write_text("{")
    assert "is damaged; delete it and model.h5" in refusal(server.url, cache)


def test_a_file_put_there_by_hand_is_taken_and_from_then_on_guarded(server, cache):
    path = cached_path(server.url, cache)
    path.parent.mkdir(parents=True)
    path.write_bytes(server.content)
    assert fetch(server.url, cache, md5=server.md5) == path
    assert server.ranges == []
    path.write_bytes(b"other")
    assert "was damaged" in refusal(server.url, cache)


def test_a_wrong_file_put_there_by_hand_is_refused_and_left(server, cache):
    path = cached_path(server.url, cache)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"other")
    line = refusal(server.url, cache, md5=server.md5)
    assert line.startswith(f"{path} is not the published file: md5 ")
    assert server.url in line
    assert path.read_bytes() == b"other"


def test_a_download_killed_before_its_last_step_asks_for_nothing_more(server, cache, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("rs_core.weights.download.file.write_record", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetch(server.url, cache)
    assert files(cache) == ["model.h5.partial"]
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == [""]


def wait_until(condition):
    """Wait until something holds that another process brings about."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_download_is_resumed_by_the_next_process(server, cache):
    server.faults = [server.stall(1_500_000)]
    partial = cached_path(f"{server.url}.partial", cache)
    with subprocess.Popen([sys.executable, "-c", PROGRAM, server.url, cache], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: partial.exists() and partial.stat().st_size >= 1 << 20)
        process.kill()
    assert not cached_path(server.url, cache).exists()

    brought = partial.stat().st_size
    assert fetch(server.url, cache).read_bytes() == server.content
    assert server.ranges == ["", f"bytes={brought}-"]


def test_two_processes_share_one_download(server, cache, capsys):
    server.faults = [server.stall(1_500_000)]
    with subprocess.Popen([sys.executable, "-c", PROGRAM, server.url, cache], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: server.ranges)
        results = []
        second = threading.Thread(target=lambda: results.append(fetch(server.url, cache)))
        second.start()
        wait_until(lambda: "waiting for another process that downloads model.h5" in capsys.readouterr().err)
        server.let_go.set()
        second.join(60)
        assert process.wait(60) == 0
    assert results[0].read_bytes() == server.content
    assert server.ranges == [""]
