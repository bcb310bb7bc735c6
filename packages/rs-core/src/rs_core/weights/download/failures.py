"""What can go wrong on the network, in words, and whether another try can help."""

import socket
import ssl
from http.client import RemoteDisconnected
from urllib.error import HTTPError, URLError

# Time-out of the request, too many requests, and faults of the server that pass.
PASSING_STATUS = (408, 429, 500, 502, 503, 504)

STATUS_WORDS = {
    403: "the server refuses access (403)",
    404: "the server has no such file (404)",
    410: "the server has this file no longer (410)",
    416: "the server has fewer bytes than came before (416)",
}


class BrokenOffError(Exception):
    """The bytes so far are not the whole file, as the message says; another try can bring the rest."""


def explain(error: Exception) -> tuple[str, bool]:
    """Say what went wrong, and whether another try can help."""
    if isinstance(error, HTTPError):
        words = STATUS_WORDS.get(error.code, f"the server answers {error.code} {error.reason}".rstrip())
        return words, error.code in PASSING_STATUS
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, socket.gaierror):
        return f"its host cannot be found ({reason.strerror})", False
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate of its host is not trusted ({reason.verify_message})", False
    if isinstance(reason, TimeoutError):
        return "the server does not answer", True
    if isinstance(reason, RemoteDisconnected):
        return "the server closed the connection without an answer", True
    return (isinstance(reason, OSError) and reason.strerror) or str(reason), True
