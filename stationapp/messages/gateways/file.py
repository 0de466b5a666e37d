"""For small places and for trying out: each message is a line of a file, or of the console."""

import json
import os
import sys
import threading
from pathlib import Path

from stationapp.messages.gateways.base import Answer, Outgoing, signed
from stationapp.messages.rules import AttemptEnd


class FileGateway:
    """Appends to a file that only its owner can read; somebody sends the lines from a phone of the desk."""

    def __init__(self, path: Path, sign: str) -> None:
        self._path, self._sign, self._turn = path, sign, threading.Lock()

    def send(self, outgoing: Outgoing) -> Answer:
        """One line of JSON, on the disk before the answer."""
        line = json.dumps(
            {"name": outgoing.name, "to": outgoing.to, "text": signed(self._sign, outgoing.text)},
            ensure_ascii=False,
        )
        try:
            with self._turn:
                # One write call of one line: several processes may append to the same file.
                opened = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(opened, f"{line}\n".encode())
                    os.fsync(opened)
                finally:
                    os.close(opened)
        except OSError as error:  # a full disk may have kept a part of the line
            return Answer(AttemptEnd.UNKNOWN, type(error).__name__)
        return Answer(AttemptEnd.ACCEPTED, "written", outgoing.name)

    def close(self) -> None:
        """Nothing is held open."""


class ConsoleGateway:
    """Prints each message to standard output."""

    def __init__(self, sign: str) -> None:
        self._sign = sign

    def send(self, outgoing: Outgoing) -> Answer:
        """One line: to whom, and what."""
        sys.stdout.write(f"{outgoing.to} {signed(self._sign, outgoing.text)}\n")
        sys.stdout.flush()
        return Answer(AttemptEnd.ACCEPTED, "printed", outgoing.name)

    def close(self) -> None:
        """Nothing is held open."""
