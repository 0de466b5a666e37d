"""A crowd at one form: many keep-alive connections in one process, each taking the next attempt in line."""

import random
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

HIDDEN = re.compile(rb'name="(csrf_token|ticket)"[^>]*value="([^"]+)"')


class Press(Protocol):
    """One press of a button: what is sent, given the hidden fields of the page it stands on."""

    kind: str

    def body(self, hidden: dict[str, str]) -> bytes: ...


class Form:
    """A press that sends a form."""

    kind = "application/x-www-form-urlencoded"

    def fields(self) -> dict[str, str]:
        """What is typed in."""
        raise NotImplementedError

    def body(self, hidden: dict[str, str]) -> bytes:
        """The form as a browser writes it."""
        return urlencode(hidden | self.fields()).encode()


@dataclass(frozen=True)
class Attempt(Form):
    """A press of the sign-up form's button; a repeat carries the key of the first press."""

    name: str
    phone: str
    key: str

    def fields(self) -> dict[str, str]:
        """What the sign-up form asks."""
        return {"key": self.key, "name": self.name, "phone": self.phone, "community": "", "party-0-name": ""}


@dataclass(frozen=True)
class Outcome:
    """What the crowd was told: status, where it was sent (the ticket's code), and how long it took in seconds."""

    attempt: Press
    status: int
    code: str
    took: float


def attempts(count: int, repeats: float, seed: int) -> list[Attempt]:
    """So many presses by different people, a share of them repeated by somebody impatient, well shuffled."""
    draw = random.Random(seed)
    fresh = round(count * (1 - repeats))
    first = [Attempt(f"陈{_chinese(n)}", f"199{n:08d}", f"press-{seed}-{n}") for n in range(fresh)]
    crowd = first + [draw.choice(first) for _ in range(count - fresh)]
    draw.shuffle(crowd)
    return crowd


def _chinese(number: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in f"{number:04d}")


class _Visitor:
    def __init__(self, port: int, cookie: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cookie = cookie
        self.hidden = {}

    def open_form(self, path: str) -> None:
        """GET the page once, for its hidden fields and the cookie."""
        self.send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n\r\n".encode())
        while not self.receive():
            pass
        self.hidden = {name.decode(): value.decode() for name, value in HIDDEN.findall(self.body)}
        given = re.search(rb"(?im)^set-cookie: (session=[^;]+)", self.head)
        self.cookie = "; ".join(filter(None, (self.cookie, given and given[1].decode())))

    def press(self, path: str, attempt: Press) -> None:
        self.attempt = attempt
        body = attempt.body(self.hidden)
        self.send(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n"
            f"Content-Type: {attempt.kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def send(self, request: bytes) -> None:
        self.buffer, self.head, self.wanted = b"", b"", 0
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what is there; whether the answer is complete."""
        read = self.socket.recv(262144)
        if not read:
            raise ConnectionError("the server closed a connection")
        self.buffer += read
        if not self.wanted and (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            self.head = self.buffer[: end + 2]
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", self.head)
            self.wanted = end + 4 + int(length[1] if length else 0)
        return bool(self.wanted) and len(self.buffer) >= self.wanted

    @property
    def body(self) -> bytes:
        return self.buffer[len(self.head) + 2 :]

    def outcome(self) -> Outcome:
        where = re.search(rb"(?i)\r\nlocation: *\S*/signups/(\w+)", self.head)
        took = time.perf_counter() - self.began
        return Outcome(self.attempt, int(self.head[9:12]), where[1].decode() if where else "", took)


def rush(
    port: int, form: str, target: str, crowd: Sequence[Press], clients: int, *, cookie: str = ""
) -> tuple[list[Outcome], float]:
    """Every press once, `clients` at a time: what each was told, and how many seconds it all took.

    `cookie` is what every client brings: a signed-in desk, a device at the door.
    """
    visitors = [_Visitor(port, cookie) for _ in range(clients)]
    for visitor in visitors:
        visitor.open_form(form)
    line: Iterator[Press] = iter(crowd)
    poll, by_number, told = select.epoll(), {}, []
    began = time.perf_counter()
    for visitor in visitors:
        if (attempt := next(line, None)) is not None:
            by_number[visitor.socket.fileno()] = visitor
            poll.register(visitor.socket, select.EPOLLIN)
            visitor.press(target, attempt)
    while len(told) < len(crowd):
        for number, _ in poll.poll(60):
            visitor = by_number[number]
            if visitor.receive():
                told.append(visitor.outcome())
                if (attempt := next(line, None)) is not None:
                    visitor.press(target, attempt)
    lasted = time.perf_counter() - began
    poll.close()
    for visitor in visitors:
        visitor.socket.close()
    return told, lasted
