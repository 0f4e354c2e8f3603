"""A line that is far away: what goes through it arrives later, without going slower."""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def delayed(port: int, seconds: float, heard: Callable[[bytes], None] | None = None) -> Iterator[int]:
    """A port of 127.0.0.1 that leads to another one, each round trip taking so many seconds more.

    `heard` is called with what the other one says, when it says it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, port, seconds / 2, heard), daemon=True).start()
        yield listening.getsockname()[1]


def _accept(listening: socket.socket, port: int, seconds: float, heard: Callable[[bytes], None] | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            near, _ = listening.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for source, sink, told in ((near, far, None), (far, near, heard)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pipe: queue.Queue[tuple[float, bytes]] = queue.Queue()
                threading.Thread(target=_read, args=(source, pipe, seconds, told), daemon=True).start()
                threading.Thread(target=_write, args=(sink, pipe), daemon=True).start()


def _read(
    source: socket.socket,
    pipe: "queue.Queue[tuple[float, bytes]]",
    seconds: float,
    told: Callable[[bytes], None] | None,
) -> None:
    data = b"-"
    while data:
        try:
            data = source.recv(262_144)
        except OSError:
            data = b""
        if told is not None:
            told(data)
        pipe.put((time.monotonic() + seconds, data))


def _write(sink: socket.socket, pipe: "queue.Queue[tuple[float, bytes]]") -> None:
    with contextlib.suppress(OSError):
        while True:
            due, data = pipe.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)
