"""The switch between the standard pages and 长辈版, remembered in a cookie, without scripts."""

from flask import Blueprint, current_app, redirect, request

bp = Blueprint("view", __name__)

COOKIE = "view"
ELDER = "elder"


@bp.post("/view")
def choose():
    """Remember the wish and go back to the page it came from."""
    answer = redirect(local_path(request.form.get("next", "/")), code=303)
    wish = ELDER if request.form.get("mode") == ELDER else "standard"
    secure = current_app.config["SETTINGS"].secure
    answer.set_cookie(COOKIE, wish, max_age=365 * 24 * 3600, samesite="Lax", httponly=True, secure=secure)
    return answer


def is_elder() -> bool:
    """Whether this visitor chose 长辈版."""
    return request.cookies.get(COOKIE) == ELDER


def local_path(text: str) -> str:
    """`text` if it is a path of this site, else "/": no redirect ever leaves (trust.md §4.29)."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if plain else "/"
