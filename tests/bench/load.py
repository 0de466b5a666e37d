"""A small load generator: keep-alive connections over raw sockets, one process, no client library in the way."""

import itertools
import select
import socket
import time
from dataclasses import dataclass

TURN = b"@turn@"
"""Where this stands in a request, each sending writes another number: no two addresses are the same."""

_turns = itertools.count()


@dataclass(frozen=True)
class Load:
    """What a run saw: answers a second, latencies in milliseconds, answers that were not 200."""

    rate: float
    p50: float
    p99: float
    failed: int


class _Line:
    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request

    def send(self) -> None:
        self.buffer, self.wanted, self.status = b"", 0, 0
        self.began = time.perf_counter()
        self.socket.sendall(self.request.replace(TURN, b"%08d" % next(_turns)))

    def receive(self) -> bool:
        """Read what is there; whether the answer is complete."""
        read = self.socket.recv(262144)
        if not read:
            raise ConnectionError("the server closed a connection that was kept alive")
        self.buffer += read
        if not self.wanted and (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            self.status = int(head[9:12])
            length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            self.wanted = end + 4 + int(length)
        return bool(self.wanted) and len(self.buffer) >= self.wanted


def run(port: int, request: bytes, *, seconds: float, connections: int = 8) -> Load:
    """Ask again and again on that many connections for that long."""
    poll, lines = select.epoll(), {}
    for _ in range(connections):
        line = _Line(port, request)
        lines[line.socket.fileno()] = line
        poll.register(line.socket, select.EPOLLIN)
        line.send()
    took, failed, began = [], 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for number, _ in poll.poll(1):
            line = lines[number]
            if line.receive():
                took.append(time.perf_counter() - line.began)
                failed += line.status != 200
                line.send()
    lasted = time.perf_counter() - began
    for line in lines.values():
        line.socket.close()
    took.sort()
    p50, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.99))
    return Load(len(took) / lasted, p50, p99, failed)
