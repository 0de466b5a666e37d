"""Reads a page as a strict visitor would: what every page must have, and its forms for filling in."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

CSRF_FIELD = "csrf_token"
_UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}
_RAW = {"script", "style"}


@dataclass
class Form:
    """A form as it stands on the page; `values` holds what a browser would send untouched."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)


@dataclass
class Control:
    """An input, select or textarea a person fills in."""

    name: str
    id: str
    named: bool


class Page(HTMLParser):
    """A parsed page: `title`, `headings`, `ids`, `controls`, `forms`, `inline` (what a CSP would refuse)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title = ""
        self.language = ""
        self.headings = 0
        self.ids: list[str] = []
        self.label_targets: set[str] = set()
        self.controls: list[Control] = []
        self.forms: list[Form] = []
        self.inline: list[str] = []
        self._form: Form | None = None
        self._labels = 0
        self._inside = ""
        self._select = ""
        self._textarea = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag contributes."""
        a = {name: value or "" for name, value in attrs}
        present = {name for name, _ in attrs}
        self._note_common(tag, a, present)
        if tag in ("input", "select", "textarea"):
            self._note_control(tag, a, present)
        elif tag == "option" and self._select and self._form is not None:
            self._note_option(a, present)
        elif tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "label":
            self._labels += 1
            if "for" in a:
                self.label_targets.add(a["for"])
        elif tag in ("title", *_RAW):
            self._inside = tag if tag != "script" or "src" not in present else ""

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == "form":
            self._form = None
        elif tag == "label":
            self._labels -= 1
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""
        elif tag in ("title", *_RAW):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Collect the title and a textarea's text, and catch scripts and styles written into the page."""
        if self._inside == "title":
            self.title += data
        elif self._inside in _RAW and data.strip():
            self.inline.append(f"<{self._inside}>")
        elif self._textarea and self._form is not None:
            self._form.values[self._textarea] = [data.removeprefix("\n")]

    def _note_common(self, tag: str, a: dict[str, str], present: set[str]) -> None:
        if tag == "html":
            self.language = a.get("lang", "")
        if tag == "h1":
            self.headings += 1
        if "id" in a:
            self.ids.append(a["id"])
        self.inline += [f"<{tag} {name}>" for name in present if name == "style" or name.startswith("on")]

    def _note_control(self, tag: str, a: dict[str, str], present: set[str]) -> None:
        name, kind = a.get("name", ""), a.get("type", "text").lower() if tag == "input" else tag
        if kind not in _UNLABELLED_TYPES:
            named = bool(self._labels or a.get("aria-label") or a.get("aria-labelledby"))
            self.controls.append(Control(name, a.get("id", ""), named))
        if self._form is None or not name or "disabled" in present:
            return
        self._form.fields.add(name)
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            self._form.values[name] = [""]
        elif kind in ("checkbox", "radio"):
            if "checked" in present:
                self._form.values.setdefault(name, []).append(a.get("value", "on"))
        elif kind not in ("submit", "button", "reset", "image", "file"):
            self._form.values.setdefault(name, []).append(a.get("value", ""))

    def _note_option(self, a: dict[str, str], present: set[str]) -> None:
        assert self._form is not None
        if "selected" in present or self._select not in self._form.values:
            self._form.values[self._select] = [a.get("value", "")]


def complaints(
    html: str, unguarded: Callable[[str], bool] = lambda action: False, *, styled: bool = False
) -> list[str]:
    """What is wrong with the page, a sentence each. `unguarded(action)` names POST forms that need no token; `styled`:
    its own content security policy allows styles in it."""
    page = Page(html)
    ids = set(page.ids)
    found = [
        f"the id {name!r} is used {count} times" for name, count in Counter(page.ids).items() if count > 1
    ]
    if page.headings != 1:
        found.append(f"{page.headings} h1 instead of one")
    if not page.title.strip():
        found.append("no title")
    if not page.language:
        found.append("html has no lang")
    found += [
        f"the field {control.name or control.id!r} has no label"
        for control in page.controls
        if not control.named and (not control.id or control.id not in page.label_targets)
    ]
    found += [f"a label is for {target!r}, which is not there" for target in sorted(page.label_targets - ids)]
    found += [
        f"the form to {form.action!r} has no {CSRF_FIELD}"
        for form in page.forms
        if form.method == "post" and CSRF_FIELD not in form.fields and not unguarded(form.action)
    ]
    found += [
        f"inline {what} is refused by the content security policy"
        for what in page.inline
        if not (styled and what.endswith(" style>"))
    ]
    return found
