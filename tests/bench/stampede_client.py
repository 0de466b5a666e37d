"""A client of the stampede: a person who presses, presses again, hangs up, and remembers every answer."""

import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from urllib.parse import urlencode

_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_HOLD = re.compile(rb'name="hold"[^>]*value="([^"]+)"')
_CODE = re.compile(r"/signups/(\w+)")
_SIZES = (1, 1, 1, 2, 2, 3)


@dataclass
class Wish:
    """One request that a household makes, however often it is sent."""

    event: str
    key: str
    phone: str
    names: tuple[str, ...]
    acknowledged: bool = False
    code: str = ""  # what it was answered with; a clerk is not sent to a ticket
    given_back: str = ""  # "asked" while nobody knows, "done" once it was acknowledged
    hold: str = ""


@dataclass
class Log:
    """What a client sent and read; `changed` are sentences about answers that were not kept."""

    wishes: list[Wish] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)  # codes of offers that somebody did not want
    took: list[float] = field(default_factory=list)
    kinds: Counter = field(default_factory=Counter)
    sent: int = 0
    cut: int = 0
    lost: int = 0
    refused: int = 0
    busy: int = 0

    @classmethod
    def of_all(cls, logs: Sequence["Log"]) -> "Log":
        """The logs of many clients as one."""
        return cls(*(sum((getattr(log, each.name) for log in logs), each.default_factory() if each.default is MISSING
                         else each.default) for each in fields(cls)))  # fmt: skip


class _Gone(Exception):
    """The server was killed, or the client hung up: nobody knows what came of the request."""


class Client:
    """Chooses what to do next by lot until it is over."""

    _staff = ""

    def __init__(self, number: int, ports: list[int], scene, over: threading.Event, seed: int) -> None:
        self._number, self._ports, self._scene, self._over = number, ports, scene, over
        self.log = Log()
        self._chance = random.Random(f"{seed} {number}")
        self._mine: list[Wish] = []
        self._count = 0
        self._token = self._cookie = ""

    def run(self) -> None:
        """Go on until it is over; a process that is down is waited for."""
        while not self._over.is_set():
            try:
                self._act()
            except _Gone:
                self.log.lost += 1
                time.sleep(0.05)

    def _act(self) -> None:
        if not self._token:
            self._open(self._form(self._scene.codes[0]))
        lot, settled = self._chance.random(), [w for w in self._mine if w.code and not w.given_back]
        if lot < 0.30 and self._mine:
            self._sign_up(self._chance.choice(self._mine[-30:]), again=True)
        elif lot < 0.50 and settled:
            self._give_back(self._chance.choice(settled))
        else:
            self._sign_up(self._new(), hold=self._chance.random() < 0.3)

    def _new(self) -> Wish:
        self._count += 1
        size, number = self._chance.choice(_SIZES), self._number * 100_000 + self._count
        names = tuple(f"陈{_chinese(number)}{_chinese(n)}" for n in range(size))
        wish = Wish(
            self._chance.choice(self._scene.codes),
            f"{number}-{self._chance.random()}",
            f"199{number:08d}",
            names,
        )
        self._mine.append(wish)
        self.log.wishes.append(wish)
        return wish

    # --- what people do ------------------------------------------------------------------------------------------

    def _sign_up(self, wish: Wish, *, again: bool = False, hold: bool = False) -> None:
        if hold and not again:
            _status, _where, body = self._post(self._target(wish), self._fields(wish) | {"more": "1"})
            found = _HOLD.search(body)
            wish.hold = found[1].decode() if found else ""
        status, where, _body = self._post(self._target(wish), self._fields(wish), may_cut=True)
        if status == 303:
            code = _CODE.search(where)[1]
            self.log.kinds["again" if wish.code else "held" if wish.hold else "signed up"] += 1
            if wish.code and wish.code != code:
                self.log.changed.append(f"{wish.event} {wish.key} got two answers")
            wish.code, wish.acknowledged = code, True
        else:
            self._refused(wish, status)

    def _refused(self, wish: Wish, status: int) -> None:
        if status in (409, 422):
            self.log.refused += 1
            if wish.acknowledged:
                self.log.changed.append(f"{wish.event} {wish.key} had a place and was refused")

    def _fields(self, wish: Wish) -> dict[str, str]:
        fields = {
            "key": wish.key,
            "name": wish.names[0],
            "phone": wish.phone,
            "community": "",
            "hold": wish.hold,
        }
        for row, name in enumerate(wish.names[1:]):
            fields[f"party-{row}-name"] = name
        return fields

    def _give_back(self, wish: Wish) -> None:
        wish.given_back = "asked"
        status, _where, _body = self._post(
            f"/signups/{wish.code}/cancellation", {"whom": "all"}, may_cut=True
        )
        if status == 303:
            wish.given_back = "done"
            self.log.kinds["given back"] += 1

    # --- how it travels -------------------------------------------------------------------------------------------

    def _form(self, event: str) -> str:
        return f"/events/{event}"

    def _target(self, wish: Wish) -> str:
        return f"/events/{wish.event}/signups"

    def _open(self, path: str) -> None:
        status, _where, body = self._request("GET", path, "")
        found = _TOKEN.search(body)
        if status == 200 and found:
            self._token = found[1].decode()

    def _post(self, path: str, fields: dict[str, str], *, may_cut: bool = False) -> tuple[int, str, bytes]:
        body = urlencode({"csrf_token": self._token, **fields})
        cut = may_cut and self._chance.random() < 0.05
        status, where, answer = self._request("POST", path, body, cut=cut)
        if status == 400:  # the form was opened too long ago
            self._token = ""
        if status >= 500:
            self.log.busy += 1
            if status != 503:
                self.log.changed.append(f"an answer {status}")
        return status, where, answer

    def _request(self, method: str, path: str, body: str, *, cut: bool = False) -> tuple[int, str, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self._chance.choice(self._ports), timeout=30)
        began = time.perf_counter()
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        if self._cookie:
            headers["Cookie"] = self._cookie
        try:
            line.request(method, path, body.encode() or None, headers)
            self.log.sent += 1
            if cut:
                time.sleep(self._chance.random() * 0.02)
                self.log.cut += 1
                return 0, "", b""
            answer = line.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise _Gone from error
        finally:
            line.close()
        self.log.took.append(time.perf_counter() - began)
        for cookie in answer.headers.get_all("Set-Cookie", ()):
            if cookie.startswith("session="):
                self._cookie = "; ".join(filter(None, (self._staff, cookie.partition(";")[0])))
        return answer.status, answer.getheader("Location", ""), read


class Waiter(Client):
    """Answers for households that were offered a place, yes or no, as they do when they hear of it."""

    def _act(self) -> None:
        if not self._token:
            self._open(self._form(self._scene.codes[0]))
        offered = self._scene.offered()
        if not offered:
            time.sleep(0.2)
            return
        code, answer = self._chance.choice(offered), self._chance.choice(("accept", "accept", "decline"))
        if answer == "decline":
            self.log.given_up.append(code)
        status, _where, _body = self._post(f"/signups/{code}/answer", {"answer": answer}, may_cut=True)
        if status == 303:
            self.log.kinds[answer] += 1


class Clerk(Client):
    """Signs callers up at the desk, and presses again when the line was cut."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self._cookie = self._staff = f"{self._scene.clerk[0]}={self._scene.clerk[1]}"

    def _act(self) -> None:
        if not self._token:
            self._open(self._form(self._scene.codes[0]))
        again = self._mine and self._chance.random() < 0.3
        self._sign_up(self._chance.choice(self._mine[-30:]) if again else self._new())

    def _sign_up(self, wish: Wish) -> None:
        status, _where, _body = self._post(self._target(wish), self._fields(wish), may_cut=True)
        if status == 303:
            self.log.kinds["by phone"] += 1
            wish.acknowledged = True
        else:
            self._refused(wish, status)

    def _fields(self, wish: Wish) -> dict[str, str]:
        return super()._fields(wish) | {"channel": "phone", "who": ""}

    def _form(self, event: str) -> str:
        return f"/desk/events/{event}/signups/new"

    def _target(self, wish: Wish) -> str:
        return f"/desk/events/{wish.event}/signups"


def _chinese(number: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))
