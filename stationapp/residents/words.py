"""How the cases of residents are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.residents.rules import Alike, Lives

WORDS: dict[Enum, object] = {
    Lives.HERE: _("本区居民"),
    Lives.OUTSIDE: _("不住在本区"),
    Lives.UNKNOWN: _("住处未填"),
    Alike.BIRTH_AND_HOME: _("姓名、出生年月、社区都相同"),
    Alike.NO_PHONE: _("姓名相同，有一条没有电话，没有不一致的地方"),
}
