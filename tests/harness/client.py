"""Flask's test client, which inspects every page it is given and fills in forms as a browser would."""

import contextvars
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.harness.inspect import Form, Page, complaints


class InspectingClient(FlaskClient):
    """A visitor with one cookie jar. Every HTML answer, refusals included, must pass `inspect.complaints`.

    Each request runs in a fresh context, so `flask.g` and the database session are never shared with the test,
    even inside `with app.app_context():`.
    """

    def open(self, *args, **kwargs) -> TestResponse:
        """Send one request (`get`, `post` … all come through here) and inspect the answer."""
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if response.mimetype == "text/html" and response.data and not 300 <= response.status_code < 400:
            styled = "style-src 'unsafe-inline'" in response.headers.get("Content-Security-Policy", "")
            found = complaints(response.text, self._unguarded, styled=styled)
            assert not found, f"{response.request.path} ({response.status_code}): " + "; ".join(found)
        return response

    def submit(
        self, page: str | TestResponse, values: dict | None = None, *, to: str = "", **options
    ) -> TestResponse:
        """Fill in the POST form on `page` (a path or an answer) whose action is `to`, or contains it, and send it.

        Hidden fields and defaults are kept; `values` must name fields that the form has (None leaves one out).
        """
        response = self.get(page) if isinstance(page, str) else page
        form = self._form(response, to)
        values = values or {}
        unknown = set(values) - form.fields
        assert not unknown, (
            f"the form to {form.action!r} has no {sorted(unknown)}, only {sorted(form.fields)}"
        )
        data = {name: value for name, value in (form.values | values).items() if value is not None}
        return self.post(urljoin(response.request.path, form.action), data=data, **options)

    def _form(self, response: TestResponse, to: str) -> Form:
        posts = [form for form in Page(response.text).forms if form.method == "post"]
        fitting = [form for form in posts if to in form.action and (to or not self._unguarded(form.action))]
        fitting = [form for form in fitting if form.action == to] or fitting
        assert len(fitting) == 1, f"{len(fitting)} forms to {to!r} among {[form.action for form in posts]}"
        return fitting[0]

    def _unguarded(self, action: str) -> bool:
        """Whether the application itself exempts this address from the CSRF check."""
        csrf = self.application.extensions.get("csrf")
        try:
            endpoint, _ = self.application.url_map.bind("localhost").match(
                urlsplit(action).path, method="POST"
            )
        except HTTPException:
            return False
        view = self.application.view_functions[endpoint]
        return csrf is not None and f"{view.__module__}.{view.__name__}" in csrf._exempt_views
