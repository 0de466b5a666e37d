"""What thousands of applications in one process need not make again: compiled templates and builders of addresses.

A test has an application of its own. Making one took a tenth of a second, nearly all of it for functions that build
addresses most tests never ask for, and its first page compiled its templates once more.
"""

from collections.abc import Callable

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class _InMemory(BytecodeCache):
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.kept.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = _InMemory()
_compile_builder = Rule._compile_builder


def _when_asked_for(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    made = None

    def build(*args, **values) -> tuple[str, str]:
        nonlocal made
        made = made or _compile_builder(rule, append_unknown)
        return made(*args, **values)

    return build


Rule._compile_builder = _when_asked_for


def quicken(app: Flask) -> Flask:
    """The same application, which takes templates from those that any application of this process has compiled."""
    app.jinja_env.bytecode_cache = _TEMPLATES
    return app
