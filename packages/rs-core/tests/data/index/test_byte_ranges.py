"""Reading rows out of shards, local and remote; neighbours in one read."""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import fsspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rs_core.data.index import open_index, range_readers
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_shards import index_shards
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError

IMAGES = [bytes([row]) * (row * 97 + 1) for row in range(40)]


def members(first, last):
    return [(f"{row:03}.jpg", IMAGES[row]) for row in range(first, last)]


@pytest.fixture
def local(write_tar, tmp_path):
    """An index of three local shards."""
    paths = [write_tar(f"s-{i}.tar", members(*span)) for i, span in enumerate([(0, 13), (13, 14), (14, 40)])]
    index_shards(list(map(str, paths)), tmp_path / "index", BuildConfig())
    return open_index(tmp_path / "index")


@pytest.fixture
def memory(make_tar, tmp_path):
    """An index of two shards in fsspec's memory."""
    root = f"memory://{tmp_path.name}"
    filesystem = fsspec.filesystem("memory")
    for i, span in enumerate([(0, 20), (20, 40)]):
        filesystem.pipe_file(f"{root}/s-{i}.tar", make_tar(members(*span)))
    index_shards([f"{root}/s-{i}.tar" for i in range(2)], tmp_path / "index", BuildConfig())
    yield open_index(tmp_path / "index")
    filesystem.rm(root, recursive=True)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.integers(0, 39), max_size=60))
def test_rows_come_as_they_were_written_in_any_order(local, rows):
    assert local.read_rows(np.array(rows, np.int64)) == [IMAGES[row] for row in rows]


def test_neighbours_come_in_one_read(local, monkeypatch):
    calls = []
    pread = range_readers._pread
    monkeypatch.setattr(range_readers, "_pread", lambda descriptor, run: calls.append(run) or pread(descriptor, run))
    local.read_rows(np.arange(40)[::-1])
    assert [len(run.places) for run in calls] == [13, 1, 26]


def test_few_files_stay_open_however_many_are_read(local, monkeypatch):
    monkeypatch.setattr(range_readers, "MAX_OPEN_FILES", 1)
    rows = np.tile([0, 13, 14], 5)
    assert local.read_rows(rows) == [IMAGES[row] for row in rows]
    assert local.source.reader._opened.cache_info().currsize == 1


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_processes_read_side_by_side(local):
    local.read(0)  # what is open now is shared by a fork
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    rows = [np.random.default_rng(i).integers(0, 40, 500) for i in range(2)]
    processes = [
        context.Process(target=lambda part=part: results.put(local.read_rows(part) == [IMAGES[row] for row in part]))
        for part in rows
    ]
    for process in processes:
        process.start()
    assert local.read_rows(rows[0]) == [IMAGES[row] for row in rows[0]]
    assert [results.get(timeout=60) for _ in processes] == [True, True]
    for process in processes:
        process.join()


def test_a_process_started_anew_reads_the_same(local):
    rows = np.random.default_rng(0).integers(0, 40, 500)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(local.read_rows, rows).result(timeout=100) == [IMAGES[row] for row in rows]


def test_threads_read_side_by_side(local, monkeypatch):
    monkeypatch.setattr(range_readers, "MAX_OPEN_FILES", 1)
    right = []

    def read(seed):
        rows = np.random.default_rng(seed).integers(0, 40, 500)
        right.append(all(local.read(row) == IMAGES[row] for row in rows))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 4


def test_a_shard_that_went_away_spoils_its_rows_only(local, tmp_path):
    (tmp_path / "s-1.tar").unlink()
    first, gone, last = local.read_rows(np.array([0, 13, 39]))
    assert (first, last) == (IMAGES[0], IMAGES[39])
    assert isinstance(gone, UserError)
    assert not isinstance(gone, UnreadableSample)  # thousands of samples are nothing to pass over
    assert str(gone).startswith(f"{tmp_path}/s-1.tar: cannot be read (no such file)")
    assert local.name(13) == f"{tmp_path}/s-1.tar: bytes 512 to 1,774"


def test_a_shard_of_the_same_size_but_another_time_has_changed(local, write_tar, refusal):
    write_tar("s-1.tar", members(13, 14))
    assert "s-1.tar: changed since it was indexed (then 10,240 bytes of 20" in refusal(local.read, 13)


def test_moved_shards_are_found_under_their_new_root(local, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for i in range(3):
        (tmp_path / f"s-{i}.tar").rename(tmp_path / f"elsewhere/s-{i}.tar")
    moved = open_index(tmp_path / "index", root=str(tmp_path / "elsewhere"))
    assert moved.read_rows(np.array([0, 39])) == [IMAGES[0], IMAGES[39]]


def test_remote_rows_come_as_they_were_written_with_their_names(memory, tmp_path):
    rows = np.array([39, 0, 20, 19])
    assert memory.read_rows(rows) == [IMAGES[row] for row in rows]
    assert memory.name(21) == f"memory://{tmp_path.name}/s-1.tar: 021.jpg"


def test_a_remote_shard_that_changed_is_named(memory, make_tar, tmp_path, refusal):
    fsspec.filesystem("memory").pipe_file(f"memory://{tmp_path.name}/s-1.tar", make_tar(members(20, 39)))
    assert "s-1.tar: changed since it was indexed (then" in refusal(memory.read, 25)
    assert memory.read(5) == IMAGES[5]


def test_a_request_that_fails_once_is_made_again(memory, monkeypatch):
    monkeypatch.setattr(range_readers, "WAITS", (0.0, 0.0))
    filesystem = fsspec.filesystem("memory")
    cat_ranges = type(filesystem).cat_ranges
    failures = [OSError("reset by peer"), OSError("reset by peer")]

    def unreliable(self, paths, *arguments, **options):
        return [failures.pop()] if failures else cat_ranges(self, paths, *arguments, **options)

    monkeypatch.setattr(type(filesystem), "cat_ranges", unreliable)
    assert memory.read(3) == IMAGES[3]
    failures += [OSError("reset by peer")] * 3
    with pytest.raises(UserError, match=r"s-0\.tar: bytes .* cannot be read \(OSError: reset by peer\)") as caught:
        memory.read(3)
    assert isinstance(caught.value, UnreadableSample)  # one that training may leave out


def test_an_address_of_no_known_kind_is_one_line(tmp_path, refusal):
    message = refusal(index_shards, ["nope://bucket/a.tar"], tmp_path / "index", BuildConfig())
    assert message.startswith("nope://bucket/: Protocol not known: nope")
    assert not (tmp_path / "index").exists()


class _Ranges(SimpleHTTPRequestHandler):
    """Python's server with the one thing that it lacks: ranges."""

    def do_GET(self):
        with open(self.translate_path(self.path), "rb") as file:  # noqa: PTH123
            content = file.read()
        wanted = self.headers.get("Range")
        start, stop = (int(part or len(content) - 1) for part in wanted[6:].split("-")) if wanted else (0, len(content))
        part = content[start : stop + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        self.wfile.write(part)
        self.server.parts.append(len(part))

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    """A web server for the test's folder; ``parts`` notes how many bytes it sent."""
    pytest.importorskip("aiohttp", reason="fsspec reads http:// with it")
    with HTTPServer(("127.0.0.1", 0), partial(_Ranges, directory=str(tmp_path))) as server:
        server.parts = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_over_http_only_what_is_needed_comes_in_few_requests(server, write_tar, tmp_path):
    write_tar("s.tar", members(0, 40))
    address = f"http://127.0.0.1:{server.server_port}/s.tar"
    index_shards([address], tmp_path / "index", BuildConfig())
    index = open_index(tmp_path / "index")
    server.parts.clear()
    rows = np.arange(10, 20)
    assert index.read_rows(rows) == [IMAGES[row] for row in rows]
    assert len(server.parts) == 1
    assert server.parts[0] < sum(map(len, IMAGES[10:20])) + 10 * 1024
