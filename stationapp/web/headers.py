"""Headers of every answer: nothing inline, nothing framed, nothing kept by others."""

from flask import Flask, request

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)

_KEPT_NOWHERE = ("/desk", "/mine/")
"""A shared computer's back button shows nobody's family."""


def init_app(app: Flask) -> None:
    """Set the headers after each request."""

    @app.after_request
    def _headers(answer):
        answer.headers.setdefault("Content-Security-Policy", _CSP)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", "camera=()")  # the page that scans brings its own
        if request.endpoint != "static":
            answer.headers.setdefault(
                "Cache-Control", "no-store" if request.path.startswith(_KEPT_NOWHERE) else "private, no-cache"
            )
        else:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
