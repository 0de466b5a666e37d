"""How faces and ways are said."""

from flask_babel import lazy_gettext as _

from stationapp.opinions.rules import Face, Via

WORDS = {
    Face.GOOD: _("满意"),
    Face.SO_SO: _("一般"),
    Face.BAD: _("不满意"),
    Via.PAGE: _("网上"),
    Via.PAPER: _("纸条"),
    Via.CALL: _("电话"),
}
