"""What thousands of applications in one process need not make again: compiled templates, addresses read and built.

A test has an application of its own. Making one took a tenth of a second, nearly all of it for reading the same
addresses again and for functions that build what most tests never ask for; its first page compiled its templates.
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


_READ: dict[tuple, tuple] = {}
_compile = Rule.compile


def _read_once(rule: Rule) -> None:
    key = (rule.rule, rule.subdomain, rule.host, rule.strict_slashes, rule.merge_slashes)
    if key not in _READ:
        _compile(rule)
        _READ[key] = (rule._parts, rule._trace, rule._converters)
        return
    rule._parts, rule._trace, rule._converters = _READ[key]
    rule.arguments.update(rule._converters)
    rule._build = rule._compile_builder(False).__get__(rule, None)
    rule._build_unknown = rule._compile_builder(True).__get__(rule, None)


Rule._compile_builder = _when_asked_for
Rule.compile = _read_once


def quicken(app: Flask) -> Flask:
    """The same application, which takes templates from those that any application of this process has compiled."""
    app.jinja_env.bytecode_cache = _TEMPLATES
    return app
