"""A text message gateway as its own process: a real HTTP server with faults, whose own log is the oracle.

It speaks the generic webhook of `messages/gateways/webhook.py`. For each request it draws one of the faults it was
told to have, and writes down what it did before it answers: whatever else is killed, its log knows what was taken.

    with gateway(secret="s", faults={"cut": 1}) as server:
        server.url, server.taken()["m5t…"], server.behave({})
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FAULTS = {
    "ok": "taken",
    "slow": "taken after a while",
    "cut": "taken, and the connection closed without an answer",
    "hang": "taken, and no answer for longer than anybody waits",
    "taken500": "taken, and a 500 for an answer",
    "lost500": "not taken, and a 500 for an answer",
    "busy": "not taken, and a 503 that says so",
    "no": "not taken, and a 400 that says why",
    "drop": "not taken, and the connection closed without an answer",
    "twice": "taken, and reported twice",
    "late": "taken, and reported a little later",
    "early": "taken, and reported before the answer",
}
_TAKEN = frozenset(name for name, says in FAULTS.items() if says.startswith("taken"))


@dataclass(frozen=True)
class Seen:
    """One request as the gateway wrote it down."""

    name: str
    fault: str
    taken: bool
    signed: bool
    to: str
    text: str
    at: float  # seconds, of this machine's clock


class Server:
    """The running gateway, seen from outside."""

    def __init__(self, port: int, log: Path) -> None:
        self.url, self._log = f"http://127.0.0.1:{port}/send", log

    def seen(self) -> list[Seen]:
        """Every request so far, in order."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [Seen(**json.loads(line)) for line in lines]

    def taken(self) -> Counter[str]:
        """How often each message was taken."""
        return Counter(one.name for one in self.seen() if one.taken)

    def reported(self) -> list[tuple[str, int]]:
        """Every callback so far: which message it was about, and the status it was answered with (0: none)."""
        lines = self._log.with_name("reported").read_text(encoding="utf-8").splitlines()
        return [(name, int(status)) for name, status in map(str.split, lines)]

    def behave(self, faults: Mapping[str, float], callback: str = "") -> None:
        """From now on have these faults, by weight; report to `callback`."""
        body = json.dumps({"faults": dict(faults), "callback": callback}).encode()
        with urllib.request.urlopen(self.url.replace("/send", "/behave"), body, timeout=10):
            pass


@contextlib.contextmanager
def gateway(
    *, secret: str = "", faults: Mapping[str, float] | None = None, callback: str = "", seed: int = 0
) -> Iterator[Server]:
    """A gateway of this test's own; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="station-gateway-") as folder:
        log = Path(folder) / "log"
        log.touch()
        log.with_name("reported").touch()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.gateway", secret, str(seed), str(log)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        try:
            server = Server(int(process.stdout.readline()), log)
            server.behave(faults or {}, callback)
            yield server
        finally:
            process.kill()
            process.wait(10)
            process.stdout.close()


class _Playing:
    """The gateway from within."""

    def __init__(self, secret: str, seed: int, log, reported) -> None:
        self._secret, self._draw = secret.encode(), random.Random(seed)
        self._log, self._reported = log, reported
        self._faults, self._callback, self._count = {"ok": 1.0}, "", 0
        self._later: set[asyncio.Task] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, headers = await _head(reader)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if " /behave " in first:
            told = json.loads(body)
            self._faults, self._callback = told["faults"] or {"ok": 1.0}, told["callback"]
            return _reply(writer, 200, {})
        return await self._take(writer, headers, body)

    async def _take(self, writer: asyncio.StreamWriter, headers: dict[str, str], body: bytes) -> bool:
        message = json.loads(body)
        fault = self._draw.choices(list(self._faults), list(self._faults.values()))[0]
        signed = hmac.new(self._secret, f"{headers['x-timestamp']}.".encode() + body, hashlib.sha256)
        seen = Seen(
            message["name"], fault, fault in _TAKEN, signed.hexdigest() == headers["x-signature"],
            message["to"], message["text"], time.time(),
        )  # fmt: skip
        self._log.write(json.dumps(vars(seen), ensure_ascii=False) + "\n")
        self._log.flush()
        self._count += 1
        ref = f"g{self._count}"
        if fault in ("slow", "hang"):
            await asyncio.sleep(0.3 if fault == "slow" else 60)
        if fault in ("cut", "drop", "hang"):
            return False
        if fault == "early":
            await self._report(ref, seen.name)
        if fault in ("twice", "late"):
            self._soon(self._reports(ref, seen.name, times=2 if fault == "twice" else 1))
        status = {"taken500": 500, "lost500": 500, "busy": 503, "no": 400}.get(fault, 200)
        return _reply(writer, status, {"id": ref} if status == 200 else {"error": fault})

    def _soon(self, work) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _reports(self, ref: str, name: str, times: int) -> None:
        await asyncio.sleep(0.5)
        for _ in range(times):
            await self._report(ref, name)

    async def _report(self, ref: str, name: str) -> None:
        if not self._callback:
            return
        body = json.dumps({"id": ref, "name": name, "delivered": True, "code": "DELIVRD"}).encode()
        status = await asyncio.to_thread(_post, self._callback, body)
        self._reported.write(f"{name} {status}\n")
        self._reported.flush()


def _post(url: str, body: bytes) -> int:
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return first, {name.strip().lower(): value.strip() for name, value in pairs}


def _reply(writer: asyncio.StreamWriter, status: int, content: dict) -> bool:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    return True


async def _main(secret: str, seed: str, log: str) -> None:
    said = Path(log).with_name("reported")
    with open(log, "a", encoding="utf-8") as file, said.open("a", encoding="utf-8") as reported:
        playing = _Playing(secret, int(seed), file, reported)
        server = await asyncio.start_server(playing.serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
