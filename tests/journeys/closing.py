"""An evening to be closed out, and how it is done on a phone: from the login to 归档."""

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import transaction
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from stationapp.volunteers import operations as volunteers
from tests import cast
from tests.harness.thumb import Thumb
from tests.journeys import steps

LOGIN_WORD = "laohuaishu-1958"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕"
CAME, AWAY = 20, 2


@dataclass(frozen=True)
class Evening:
    """The event's code and the volunteer nobody signed out."""

    people: cast.District
    code: str
    volunteer: int


def evening(app) -> Evening:
    """At Lin's station, over for half an hour: twenty came, two stayed away, a volunteer forgot to sign out."""
    people, now = cast.district(app), clock.now()
    with app.app_context():
        event = cast.event(people.one, starts_at=now - timedelta(hours=2, minutes=30), capacity=CAME + AWAY)
        codes = [
            cast.sign_up(
                event,
                cast.person(f"{surname}秀英", f"1990000{n:04d}", birth_month="1955-03", home=people.one),
                now=event.starts_at - timedelta(days=1),
            ).codes[0]
            for n, surname in enumerate(_SURNAMES[: CAME + AWAY])
        ]
        helper = cast.resident(cast.person("王建国", "19900003333", birth_month="1970-05", home=people.one))
        there = {"how": How.ROSTER, "by": people.lin.id, "now": now, "at": event.starts_at}
        with transaction():
            made = volunteers.register(helper, site=people.one, by=None, now=now)
            for code in codes[:CAME]:
                person = get_resident(find_by_code(code).resident_id)
                attendance.check_in(event, person, part=Part.RESIDENT, **there)
            attendance.check_in(event, helper, part=Part.VOLUNTEER, **there)
        return Evening(people, event.code, made.id)


def camera(path: Path) -> Path:
    """A picture as a phone takes it: 12 million pixels, grainy, some megabytes."""
    grain = Image.frombytes("RGB", (500, 375), random.Random(5).randbytes(500 * 375 * 3))
    grain.resize((4000, 3000), Image.Resampling.BICUBIC).save(path, "JPEG", quality=92)
    return path


def login_of(page: Page, app, who) -> str:
    """The login name of a member of staff who chose a password one can type, as of now."""
    page.goto(steps.invitation(app, who))
    login = page.get_by_label("登录名").input_value()
    page.get_by_label("密码").fill(LOGIN_WORD)
    page.get_by_role("button", name="开通并登录").click()
    page.wait_for_url("**/desk/")
    page.context.clear_cookies()
    page.goto("/desk/signin")
    return login


def enter(thumb: Thumb, login: str) -> None:
    """From the open login page to the close-out."""
    page = thumb.page
    thumb.look()
    thumb.type(page.get_by_label("登录名"), login)
    thumb.type(page.get_by_label("密码"), LOGIN_WORD)
    thumb.go(page.get_by_role("button", name="登录"))
    thumb.go(page.get_by_role("link", name="去归档"))


def close_out(thumb: Thumb, photo: Path) -> None:
    """One volunteer to the end, five heads, a picture, done."""
    page = thumb.page
    thumb.tap(page.locator("label.tall"))
    thumb.tap(page.get_by_text("没登记姓名的人"))
    thumb.type(page.get_by_label("60-64 岁"), "5")
    thumb.photograph(page.get_by_label("拍一张或选一张"), photo)
    thumb.go(page.get_by_role("button", name="归档，并记入志愿时长"))
