"""The edge's view of permission: who is signed in, and whether this request may touch that site.

Three rings: the `desk` blueprint is closed unless signed in (`require_staff`); an object is loaded through its
check (`require(site_path)`); and every endpoint has a row in `stationapp.access`, read by both.
"""

from contextlib import suppress

from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from sqlalchemy.exc import OperationalError

from stationapp import clock
from stationapp.accounts.logins import touch_login
from stationapp.accounts.queries import find_user, reached
from stationapp.accounts.rules import Action, Reach, User, may, paths_for
from stationapp.db import Busy, transaction
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where

COOKIE = "desk"


def current_user() -> User | None:
    """The signed-in member of staff of this request, or None."""
    if "user" not in g:
        g.user = _find()
    return g.user


def _find() -> User | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    now = clock.now()
    found = find_user(token, now=now)
    if found is None:
        return None
    user, login = found
    if login.needs_touch(now):
        # While nothing can be written (a full disk, a lock held for long), the desk can still be read.
        with suppress(Busy, OperationalError), transaction():
            touch_login(login.id, now=now)
    g.login_id = login.id
    return user


def user() -> User:
    """The signed-in member of staff; only behind `require_staff`."""
    found = current_user()
    if found is None:
        abort(403)
    return found


def login_id() -> int:
    """The id of the sign-in that this request came through; only behind `require_staff`."""
    user()
    return g.login_id


def rule() -> object:
    """This request's row of the access table: PUBLIC, STAFF or an Action."""
    return g.rule


def require_row():
    """Before every request: an endpoint or method without a row in the access table is refused."""
    if request.endpoint is None:
        return  # 404 and 405 answer by themselves
    row = current_app.config["ACCESS"].get(request.endpoint)
    method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
    if row is None or method not in row:
        abort(403)
    g.rule = row[method]


def require_staff():
    """Before every desk request: signed in, and with a role that grants the row's action somewhere."""
    needed = rule()
    if needed == "public":
        return None
    who = current_user()
    if who is None:
        there = request.full_path.rstrip("?") if request.method == "GET" else url_for("desk.today.index")
        return redirect(url_for("desk.accounts.sign_in", next=there), code=303)
    if isinstance(needed, Action) and not paths_for(who, needed):
        abort(403)
    return None


def require(site_path: str) -> None:
    """Go on only if the row's action is allowed at this site; otherwise the thing does not exist for the asker."""
    needed = rule()
    if not isinstance(needed, Action) or not may(user(), needed, site_path):
        raise NotFound


def can(action: Action, site_path: str) -> bool:
    """Whether to show a button; the handler behind it checks again."""
    who = current_user()
    return who is not None and may(who, action, site_path)


def reach(action: Action | None = None) -> tuple[tuple[str, Reach], ...]:
    """Where the user may do the row's action (or another), for `sites.queries.within`."""
    return paths_for(user(), action or rule())


def chosen_site() -> Site | None:
    """The site a new thing is for: `?site=`, or the only one there is to choose; None: it has to be picked first."""
    if code := request.args.get("site"):
        site = get_site(code)
        require(site.path)
        return site
    sites = list_where(reached(reach()), most=2)
    if not sites:
        raise NotFound
    return sites[0] if len(sites) == 1 else None


def site_picker(title: str, question: str) -> str:
    """The page on which it is picked; it leads back to the same address."""
    sites = list_where(reached(reach()))
    return render_template("desk/sites/pick.html", sites=sites, title=title, question=question)


def init_app(app: Flask) -> None:
    """Give the desk's layout what it shows: who is signed in, where, and which pages their roles open."""
    app.jinja_env.globals.update(desk_user=current_user, desk_where=_where, desk_offers=_offers)


def _where() -> str:
    who = current_user()
    return "、".join(dict.fromkeys(held.site_name for held in who.held)) if who else ""


def _offers(endpoint: str) -> bool:
    who = current_user()
    if who is None or endpoint not in current_app.view_functions:
        return False
    needed = current_app.config["ACCESS"].get(endpoint, {}).get("GET")
    return bool(paths_for(who, needed)) if isinstance(needed, Action) else needed is not None
