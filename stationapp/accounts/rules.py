"""Who may do what where (domain.md §4): one pure decision, `may(user, action, site)`."""

import re
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum
from itertools import count

from stationapp.pinyin import spelled
from stationapp.sites.rules import Level, contains


class Role(Enum):
    """Roles of staff."""

    MANAGER = "manager"  # 管理员
    HELPER = "helper"  # 协助员
    REVIEWER = "reviewer"  # 审核员
    VIEWER = "viewer"  # 查阅员
    ADMINISTRATOR = "administrator"  # 系统管理员
    AUDITOR = "auditor"  # 审计员


class Action(Enum):
    """What can be asked of a site, or of something that belongs to it."""

    ENTER = "enter"  # open the desk's first page: any role
    SEE_EVENTS = "see_events"
    PLAN = "plan"  # write, submit, postpone, cancel events; shifts
    APPROVE = "approve"  # publish or return what a site beneath submitted
    SIGN_UP = "sign_up"  # sign residents up, cancel for them
    SEE_LIMITS = "see_limits"  # how many places a person or household may take
    CHECK_IN = "check_in"  # roster, scans, venue code
    ENROL_DEVICES = "enrol_devices"  # devices that check people in without network
    ASK = "ask"  # call some of those who came and ask how it was; never at one's own site
    REVEAL = "reveal"  # see a resident's name and phone in full, with a reason
    CLOSE_OUT = "close_out"
    PROPOSE_HOURS = "propose_hours"
    APPROVE_HOURS = "approve_hours"
    SEE_FLAGS = "see_flags"  # what asks for a second look, and the spot checks: masked
    SCRUTINIZE = "scrutinize"  # find it in order, draw, and write down what a call found
    CERTIFY = "certify"  # issue and revoke certificates of voluntary service
    SEE_FIGURES = "see_figures"  # aggregates only
    SEE_ROWS = "see_rows"  # the masked rows behind a figure
    CLOSE_MONTH = "close_month"
    SIGN_MONTH = "sign_month"  # say what one thinks of the own site's closed month
    SHARE_MONTH = "share_month"  # give somebody outside a link to it
    LOAD_FILES = "load_files"
    MANAGE_STAFF = "manage_staff"
    SET_UP = "set_up"  # settings of a site
    SEE_JOBS = "see_jobs"
    READ_AUDIT = "read_audit"


class Reach(Enum):
    """Where a role's right holds, seen from the site it was granted at."""

    SITE = "site"  # that site alone
    SUBTREE = "subtree"  # that site and all beneath
    BENEATH = "beneath"  # only sites strictly beneath


_MANAGER = dict.fromkeys(
    (
        Action.ENTER,
        Action.SEE_EVENTS,
        Action.PLAN,
        Action.SIGN_UP,
        Action.SEE_LIMITS,
        Action.CHECK_IN,
        Action.ENROL_DEVICES,
        Action.REVEAL,
        Action.CLOSE_OUT,
        Action.PROPOSE_HOURS,
        Action.CERTIFY,
        Action.SEE_FIGURES,
        Action.SEE_ROWS,
    ),
    Reach.SUBTREE,
)

RIGHTS: dict[Role, dict[Action, Reach]] = {
    Role.MANAGER: {**_MANAGER, Action.SIGN_MONTH: Reach.SITE, Action.SHARE_MONTH: Reach.SITE},
    Role.HELPER: {
        Action.ENTER: Reach.SITE,
        Action.SEE_EVENTS: Reach.SITE,
        Action.CHECK_IN: Reach.SITE,
    },
    Role.REVIEWER: {
        **_MANAGER,
        Action.APPROVE: Reach.BENEATH,
        Action.APPROVE_HOURS: Reach.BENEATH,
        Action.ASK: Reach.BENEATH,
        Action.SEE_FLAGS: Reach.SUBTREE,
        Action.SCRUTINIZE: Reach.SUBTREE,
        Action.CLOSE_MONTH: Reach.SUBTREE,
        Action.SIGN_MONTH: Reach.SITE,
        Action.SHARE_MONTH: Reach.SUBTREE,
        Action.SET_UP: Reach.SUBTREE,
        Action.LOAD_FILES: Reach.SUBTREE,
        Action.SEE_JOBS: Reach.SUBTREE,
    },
    Role.VIEWER: {Action.ENTER: Reach.SUBTREE, Action.SEE_FIGURES: Reach.SUBTREE},
    Role.ADMINISTRATOR: {
        Action.ENTER: Reach.SUBTREE,
        Action.SEE_LIMITS: Reach.SUBTREE,
        Action.LOAD_FILES: Reach.SUBTREE,
        Action.MANAGE_STAFF: Reach.SUBTREE,
        Action.SET_UP: Reach.SUBTREE,
        Action.SEE_JOBS: Reach.SUBTREE,
        Action.SEE_FIGURES: Reach.SUBTREE,
    },
    Role.AUDITOR: {
        Action.ENTER: Reach.SUBTREE,
        Action.READ_AUDIT: Reach.SUBTREE,
        Action.SEE_FLAGS: Reach.SUBTREE,
        Action.SEE_JOBS: Reach.SUBTREE,
    },
}


@dataclass(frozen=True)
class Held:
    """A role held at a site, by the site's path ("/1/4/"); the name is for the page's head."""

    role: Role
    path: str
    site_name: str = ""


@dataclass(frozen=True)
class User:
    """A signed-in member of staff, as permission sees them."""

    staff_id: int
    name: str
    held: tuple[Held, ...]


def may(user: User, action: Action, site_path: str) -> bool:
    """Whether `user` may do `action` at the site with that path."""
    return any(_reaches(RIGHTS[held.role].get(action), held.path, site_path) for held in user.held)


def _reaches(reach: Reach | None, held_path: str, site_path: str) -> bool:
    if reach is None:
        return False
    if reach is Reach.SITE:
        return site_path == held_path
    if reach is Reach.BENEATH:
        return contains(held_path, site_path) and site_path != held_path
    return contains(held_path, site_path)


def paths_for(user: User, action: Action) -> tuple[tuple[str, Reach], ...]:
    """Where the user may do `action`, for queries: (path, reach) of each role that grants it."""
    return tuple((held.path, RIGHTS[held.role][action]) for held in user.held if action in RIGHTS[held.role])


class AccountRefusal(Enum):
    """Why an act on accounts is refused."""

    BAD_SIGN_IN = "bad_sign_in"  # one sentence for an unknown name and for a wrong password
    TOO_MANY_TRIES = "too_many_tries"
    LINK_INVALID = "link_invalid"  # unknown, used or expired: not told apart
    PASSWORD_TOO_SHORT = "password_too_short"
    PASSWORD_TOO_COMMON = "password_too_common"
    LOGIN_TAKEN = "login_taken"
    LOGIN_BAD = "login_bad"
    PASSWORD_WRONG = "password_wrong"  # the present one, when choosing another
    NAME_MISSING = "name_missing"
    ROLE_NOT_HERE = "role_not_here"  # see `role_fits`
    NOT_FROM_ABOVE = "not_from_above"
    OWN_ACCOUNT = "own_account"
    LAST_ADMINISTRATOR = "last_administrator"


_LEVELS = {
    Role.ADMINISTRATOR: frozenset({Level.CENTER}),
    Role.AUDITOR: frozenset({Level.CENTER}),
    Role.REVIEWER: frozenset({Level.CENTER, Level.OFFICE}),
}


def role_fits(role: Role, level: Level) -> bool:
    """Whether a role may be held at a site of that level (domain.md §4)."""
    return level in _LEVELS.get(role, frozenset(Level))


PASSWORD_LENGTH = 10
PASSWORD_LONGEST = 200

_COMMON_ONES = """
    1234567890 0123456789 0987654321 12345678910 123456789a a123456789 1q2w3e4r5t qwertyuiop 1qaz2wsx3edc
    password123 password1234 passw0rd123 woaini1314520 woaini520520 wojiushiwo aini1314520 zxcvbnm123
    asdfghjkl123 qwer123456 abcd123456 abc1234567 admin123456 adminadmin administrator wenming123 zhandian123
    woaizhongguo zhongguo123 luoyang123 jianxi123456 5201314520 1314520520 9876543210 147258369a 1472583690"""
_COMMON = frozenset(_COMMON_ONES.split())


def password_problem(password: str, login: str) -> AccountRefusal | None:
    """What is wrong with a new password; its length counts, not its mixture of characters."""
    if len(password) < PASSWORD_LENGTH:
        return AccountRefusal.PASSWORD_TOO_SHORT
    plain = password.lower()
    if (
        plain in _COMMON
        or len(set(plain)) < 4
        or (login and plain.startswith(login) and len(plain) - len(login) < 5)
    ):
        return AccountRefusal.PASSWORD_TOO_COMMON
    return None


_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,31}")


def tidy_login(text: str) -> str:
    """A login name as it is kept and looked up: lower case, no blanks around."""
    return text.strip().lower()


def login_problem(login: str) -> AccountRefusal | None:
    """What is wrong with a login name: 3–32 letters, digits, dots or hyphens, a letter first."""
    return None if _LOGIN.fullmatch(login) else AccountRefusal.LOGIN_BAD


def suggest_login(name: str, taken: Container[str] = ()) -> str:
    """A login name made of a person's name in pinyin, with a number when it is taken: 林晓燕 → "linxiaoyan"."""
    letters = spelled(name) or "".join(name.split()).lower()
    stem = "".join(c for c in letters if c.isascii() and c.isalnum())[:24].lstrip("0123456789")
    stem = stem if len(stem) >= 3 else f"user{stem}"
    return next(login for n in count(1) if (login := stem if n == 1 else f"{stem}{n}") not in taken)


_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("Linux", "Linux"))  # fmt: skip


def device_word(user_agent: str) -> str:
    """A browser's name and system for the list of sign-ins; nothing else of the header is kept."""
    found = (
        next((word for mark, word in table if mark in user_agent), "") for table in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(filter(None, found))
