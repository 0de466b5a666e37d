"""Who may do what where, and what a good name and password are."""

import pytest

from stationapp.accounts.rules import (
    AccountRefusal,
    Action,
    Held,
    Role,
    User,
    device_word,
    login_problem,
    may,
    password_problem,
    role_fits,
    suggest_login,
    tidy_login,
)
from stationapp.sites.rules import Level

CENTER, OFFICE, STATION, SIBLING, FAR = "/1/", "/1/2/", "/1/2/3/", "/1/2/33/", "/1/4/5/"


def where(role: Role, at: str, action: Action) -> list[str]:
    user = User(1, "somebody", (Held(role, at),))
    return [path for path in (CENTER, OFFICE, STATION, SIBLING, FAR) if may(user, action, path)]


@pytest.mark.parametrize(
    ("role", "at", "action", "reached"),
    [
        (Role.MANAGER, STATION, Action.PLAN, [STATION]),
        (Role.MANAGER, OFFICE, Action.PLAN, [OFFICE, STATION, SIBLING]),
        (Role.HELPER, OFFICE, Action.CHECK_IN, [OFFICE]),
        (Role.HELPER, STATION, Action.PLAN, []),
        (Role.REVIEWER, OFFICE, Action.APPROVE, [STATION, SIBLING]),
        (Role.REVIEWER, CENTER, Action.APPROVE_HOURS, [OFFICE, STATION, SIBLING, FAR]),
        (Role.MANAGER, OFFICE, Action.APPROVE, []),
        (Role.VIEWER, OFFICE, Action.SEE_FIGURES, [OFFICE, STATION, SIBLING]),
        (Role.VIEWER, CENTER, Action.SEE_ROWS, []),
        (Role.VIEWER, CENTER, Action.REVEAL, []),
        (Role.ADMINISTRATOR, CENTER, Action.MANAGE_STAFF, [CENTER, OFFICE, STATION, SIBLING, FAR]),
        (Role.ADMINISTRATOR, CENTER, Action.REVEAL, []),
        (Role.AUDITOR, CENTER, Action.READ_AUDIT, [CENTER, OFFICE, STATION, SIBLING, FAR]),
        (Role.AUDITOR, CENTER, Action.SEE_EVENTS, []),
    ],
)
def test_a_right_holds_where_the_role_says(role, at, action, reached):
    assert where(role, at, action) == reached


def test_a_path_that_only_begins_alike_is_another_site():
    assert where(Role.MANAGER, STATION, Action.PLAN) == [STATION]  # "/1/2/3/" is not above "/1/2/33/"


def test_roles_belong_to_levels():
    assert {role: [level.value for level in Level if role_fits(role, level)] for role in Role} == {
        Role.MANAGER: ["center", "office", "station"],
        Role.HELPER: ["center", "office", "station"],
        Role.REVIEWER: ["center", "office"],
        Role.VIEWER: ["center", "office", "station"],
        Role.ADMINISTRATOR: ["center"],
        Role.AUDITOR: ["center"],
    }


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("九个字还差一点点啊", AccountRefusal.PASSWORD_TOO_SHORT),
        ("十个字的密码就够用了", None),
        ("1234567890", AccountRefusal.PASSWORD_TOO_COMMON),
        ("PASSWORD123", AccountRefusal.PASSWORD_TOO_COMMON),
        ("aaaaaaaaaaaa", AccountRefusal.PASSWORD_TOO_COMMON),
        ("linxiaoyan", AccountRefusal.PASSWORD_TOO_COMMON),
        ("linxiaoyan123", AccountRefusal.PASSWORD_TOO_COMMON),
        ("linxiaoyan and her cat", None),
    ],
)
def test_a_password_is_long_and_not_the_first_guess(password, problem):
    assert password_problem(password, "linxiaoyan") is problem


def test_a_login_name_is_made_of_the_name_and_free():
    assert suggest_login("林晓燕") == "linxiaoyan"
    assert suggest_login("林晓燕", {"linxiaoyan", "linxiaoyan2"}) == "linxiaoyan3"
    assert suggest_login("Anna Li") == "annali"
    assert suggest_login("·") == "user"
    assert all(login_problem(suggest_login(name)) is None for name in ("林晓燕", "Li", "买买提·艾力", "1"))


def test_login_names_are_lower_case_and_plain():
    assert tidy_login(" Lin.Xiaoyan ") == "lin.xiaoyan"
    assert [login_problem(login) for login in ("lin", "l2.x_y-z")] == [None, None]
    for bad in ("", "li", "2lin", "lin xiao", "林", "x" * 33, "lin\n"):
        assert login_problem(bad) is AccountRefusal.LOGIN_BAD


def test_a_device_is_named_by_browser_and_system():
    wechat = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile MicroMessenger/8.0"
    assert device_word(wechat) == "微信 · Android"
    assert device_word("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36 Edg/120") == "Edge · Windows"
    assert device_word("curl/8") == ""
