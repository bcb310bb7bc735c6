"""The program that does the work of ``rs_video.index.guarded``: it talks over a connection that it inherits."""

import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from rs_core.errors import UserError
from rs_video.index.guarded_process import Done


def main(connection: Connection) -> None:
    """Take the function, then items until the other side has no more or is gone."""
    # Interrupts are left to the process that started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        function = connection.recv()
        connection.send(None)
        while True:
            connection.send(_outcome(function, connection.recv()))
    except (EOFError, ConnectionError):
        return


def _outcome(function: Callable[[Any], Any], item: object) -> "Done[Any] | Exception":
    try:
        return Done(function(item))
    except UserError as error:
        return error
    except Exception:  # noqa: BLE001  (it goes to the process that asked, which raises it)
        return RuntimeError(traceback.format_exc())


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
