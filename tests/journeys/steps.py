"""What people do on the pages, said once: by labels and words, the way a reader finds them."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page

from stationapp import clock
from stationapp.accounts.operations import invite
from stationapp.db import transaction

SOON = timedelta(minutes=30)
"""An event that begins this soon can be checked in to already."""

PASSWORD = "门前那棵老槐树真高真大"


def invitation(app, who) -> str:
    """The address of a one-time link for a member of staff, as the command line prints it."""
    with app.app_context(), transaction():
        return f"/desk/invitations/{invite(who, by=None, now=clock.now())}"


def take_up(page: Page, address: str) -> str:
    """Open the link, keep the login name offered, choose a password; the login name."""
    page.goto(address)
    login = page.get_by_label("登录名").input_value()
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="开通并登录").click()
    page.wait_for_url("**/desk/")
    return login


def sign_in(page: Page, login: str, password: str = PASSWORD) -> None:
    """Through the sign-in page."""
    page.goto("/desk/signin")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def sign_up(page: Page, name: str, phone: str, *, born: str = "", home: str = "") -> None:
    """Fill in the first person of the sign-up form that is open."""
    page.get_by_label("姓名").first.fill(name)
    page.get_by_label("电话").first.fill(phone)
    if born:
        page.get_by_label("出生年月").first.fill(born)
    if home:
        page.get_by_label("住在哪个社区").select_option(label=home)


def bring(page: Page, name: str, *, born: str, child: bool) -> None:
    """Fill in the second person."""
    row = page.get_by_role("group", name="同来的第 1 位")
    if not row.is_visible():
        page.get_by_text("和家人一起来？").click()
    row.get_by_label("姓名").fill(name)
    row.get_by_label("出生年月").fill(born)
    if child:
        row.get_by_label("我是监护人").check()


def answers(page: Page) -> Callable[[], list[int]]:
    """Count what this page asks the server for as pages: the statuses of its documents, in order."""
    seen: list[int] = []
    page.on(
        "response",
        lambda answer: seen.append(answer.status) if answer.request.resource_type == "document" else None,
    )
    return lambda: list(seen)
