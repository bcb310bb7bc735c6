"""A local server that serves one file, and misbehaves as told."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from rs_core.weights.download import transfer

Fault = Callable[["Handler"], object]

CONTENT = Random(0).randbytes(3_000_000)


@dataclass
class FileServer:
    """What is served and how. Each fault is what one request meets, in order; the others are served well.

    Attributes:
        ranges: the Range header of each request so far, "" for none.
    """

    url: str = ""
    content: bytes = CONTENT
    etag: str = '"one"'
    honours_ranges: bool = True
    faults: list[Fault] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def md5(self) -> str:
        return hashlib.md5(self.content).hexdigest()

    def break_off(self, num_bytes: int) -> Fault:
        """Close the connection after some bytes."""
        return lambda handler: handler.wfile.write(handler.begin()[:num_bytes])

    def stall(self, num_bytes: int) -> Fault:
        """Send some bytes, and the rest only when the server is let go."""

        def fault(handler):
            content = handler.begin()
            handler.wfile.write(content[:num_bytes])
            self.let_go.wait(60)
            handler.wfile.write(content[num_bytes:])

        return fault

    def answer(self, status: int) -> Fault:
        """Send an error."""
        return lambda handler: handler.send_error(status)

    def announce(self, num_bytes: int) -> Fault:
        """Send the file with a wrong Content-Length."""
        return lambda handler: handler.wfile.write(handler.begin(num_bytes))


class Handler(BaseHTTPRequestHandler):
    """Serves the file of ``served`` to GET."""

    served: FileServer

    def do_GET(self):
        self.served.ranges.append(self.headers.get("Range", ""))
        if self.served.faults:
            self.served.faults.pop(0)(self)
        else:
            self.wfile.write(self.begin())

    def begin(self, announced: int | None = None) -> bytes:
        """Send the headers, and give the bytes that should follow."""
        content, start = self.served.content, 0
        wanted = self.headers.get("Range")
        if wanted and self.served.honours_ranges and self.headers.get("If-Range") == self.served.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if self.served.etag:
            self.send_header("ETag", self.served.etag)
        self.send_header("Content-Length", str(len(content) - start if announced is None else announced))
        self.end_headers()
        return content[start:]

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[FileServer]:
    """A server on this machine; nothing here waits before it tries again."""
    for variable in ("RS_CORE_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(transfer, "PAUSES_SECONDS", (0.0, 0.0, 0.0, 0.0))

    served = FileServer()
    handler = type("HandlerOfThisTest", (Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.handle_error = lambda *arguments: None  # a client that leaves early is part of the tests
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        served.url = f"http://127.0.0.1:{http.server_port}/weights/model.h5"
        yield served
        served.let_go.set()
        http.shutdown()


@pytest.fixture
def cache(tmp_path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"
