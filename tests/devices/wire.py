"""A wire between a browser and the server that can be pulled out, and that can lose answers on their way back."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Wire:
    """`url` leads to the server. `pull()` cuts everything, `plug()` joins it again; while `swallow` is above 0, a
    sending of scans reaches the server and its answer is lost."""

    def __init__(self, server: str) -> None:
        self._target = (urlsplit(server).hostname, urlsplit(server).port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.up, self.swallow, self.swallowed = True, 0, 0
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """No byte passes any more."""
        self.up = False
        with self._lock:
            for end in self._live:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        """As it was."""
        self.up = True

    def close(self) -> None:
        """For good."""
        self.pull()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                if not self.up:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                with self._lock:
                    self._live |= {near, far}
                lost = threading.Event()
                threading.Thread(target=self._requests, args=(near, far, lost), daemon=True).start()
                threading.Thread(target=self._answers, args=(far, near, lost), daemon=True).start()

    def _requests(self, near: socket.socket, far: socket.socket, lost: threading.Event) -> None:
        for data in _read(near):
            if self.swallow and data.startswith(b"POST /door/scans"):
                self.swallow -= 1
                lost.set()
            if not _sent(far, data):
                break
        self._end(near, far)

    def _answers(self, far: socket.socket, near: socket.socket, lost: threading.Event) -> None:
        for data in _read(far):
            if lost.is_set():  # it was taken in, and nobody hears of it
                self.swallowed += 1
                break
            if not _sent(near, data):
                break
        self._end(near, far)

    def _end(self, *ends: socket.socket) -> None:
        with self._lock:
            self._live -= set(ends)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _read(end: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while data := end.recv(65536):
            yield data


def _sent(end: socket.socket, data: bytes) -> bool:
    with contextlib.suppress(OSError):  # a page that was left does not wait for its answers
        end.sendall(data)
        return True
    return False
