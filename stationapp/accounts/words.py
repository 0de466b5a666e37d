"""How roles are said on a page (domain.md §4)."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.accounts.rules import Role

WORDS: dict[Enum, object] = {
    Role.MANAGER: _("管理员"),
    Role.HELPER: _("协助员"),
    Role.REVIEWER: _("审核员"),
    Role.VIEWER: _("查阅员"),
    Role.ADMINISTRATOR: _("系统管理员"),
    Role.AUDITOR: _("审计员"),
}
