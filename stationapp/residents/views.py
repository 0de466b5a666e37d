"""What is kept about residents and for how long, in plain words (domain.md §11)."""

from flask import Blueprint, render_template

bp = Blueprint("privacy", __name__)


@bp.get("/privacy")
def index():
    """For everybody."""
    return render_template("privacy/index.html")


@bp.get("/privacy/children")
def children():
    """For guardians of children under 14."""
    return render_template("privacy/children.html")
