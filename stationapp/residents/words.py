"""How the cases of residents are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.residents.rules import Lives

WORDS: dict[Enum, object] = {
    Lives.HERE: _("本区居民"),
    Lives.OUTSIDE: _("不住在本区"),
    Lives.UNKNOWN: _("住处未填"),
}
