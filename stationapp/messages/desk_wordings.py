"""The words in which residents are told: one text for each occasion and way, with a preview, at the center."""

import json
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.db import retried, transaction
from stationapp.messages.builtin import TEXTS
from stationapp.messages.desk_sending import may_set_up
from stationapp.messages.gateways.kinds import APPROVED_ONLY
from stationapp.messages.models import Wording
from stationapp.messages.phrases import KNOWN, NEEDED, WAYS, fill, parts
from stationapp.messages.rewording import check, reword, take_back, tidy_text
from stationapp.messages.rules import Way
from stationapp.messages.sending_words import OCCASIONS, PLACES
from stationapp.messages.wordings import find_own, own_wordings, template
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound, Refused
from stationapp.sites.queries import find_center
from stationapp.web.errors import sentence

bp = Blueprint("wordings", __name__, url_prefix="/wordings")


def sample_facts() -> dict[str, str]:
    """What the preview is filled in with."""
    return {
        "title": _("智能手机课堂"),
        "when": _("11月25日 星期三 上午9点—11点"),
        "where": _("一楼多功能厅"),
        "site": _("示例社区站"),
        "phone": "0379-00000001",
        "code": "K7Q 2M9 X4AB",
        "link": f"{current_app.config['SETTINGS'].public_url}/signups/K7Q2M9X4AB",
        "until": _("11月24日 星期二 晚上8点"),
        "rank": "3",
        "draw": _("11月24日 星期二 上午9点"),
        "number": "12",
        "full": _("网上的名额报满了"),
        "kept": _("另有2个名额留给电话报名，11月24日 星期二 上午9点前打电话"),
        "before": _("11月24日 星期二 上午9点—11点"),
        "reason": _("下雨"),
        "events": _("11月25日 星期三 上午9点智能手机课堂，一楼多功能厅"),
        "hours": "2.0",
        "who": _("王*国"),
        "change": _("改到11月26日 星期四 上午9点—11点，一楼多功能厅"),
        "by_hand": _("补录"),
        "result": _("已更正"),
        "answer": _("签退补上了，时长已经改过。"),
    }


@dataclass(frozen=True)
class Shown:
    """A text with how it would read."""

    occasion: Occasion
    way: Way
    text: str
    own: Wording | None

    @property
    def preview(self) -> str:
        """Filled in with the sample, behind the signature where one is set."""
        sign = current_app.config["SETTINGS"].sms_sign if self.way is Way.SMS else ""
        return (f"【{sign}】" if sign else "") + fill(self.text, sample_facts())

    @property
    def parts(self) -> int:
        """How many text messages it makes."""
        return parts(self.preview)


@bp.get("/")
def index():
    """Every occasion and way with its text in force."""
    own = own_wordings()
    rows = {
        occasion: [
            Shown(occasion, way, template(occasion, way, own), own.get((occasion, way))) for way in ways
        ]
        for occasion, ways in WAYS.items()
    }
    return render_template("desk/wordings/index.html", rows=rows, occasions=OCCASIONS, way=Way)


def _asked(given) -> tuple[Occasion, Way] | None:
    pairs = ((occasion, way) for occasion, ways in WAYS.items() for way in ways)
    asked = (given.get("occasion"), given.get("way"))
    return next((pair for pair in pairs if (pair[0].value, pair[1].value) == asked), None)


@bp.get("/text")
def text():
    """One text with its preview; to be changed by those who set up the center."""
    asked = _asked(request.args)
    if asked is None:
        return redirect(url_for(".index"), code=303)
    own = find_own(*asked)
    return _page(*asked, template(*asked, {asked: own} if own else {}), own.gateway_code if own else "")


def _page(occasion: Occasion, way: Way, text: str, code: str, *, problem: str = "", previewed: bool = False):
    own = find_own(occasion, way)
    return render_template(
        "desk/wordings/text.html",
        shown=Shown(occasion, way, text, own),
        code=code,
        builtin=str(TEXTS[occasion, way]),
        occasions=OCCASIONS,
        known=[name for name in PLACES if name in KNOWN[occasion]],
        needed=NEEDED[occasion],
        places=PLACES,
        facts=json.dumps(sample_facts(), ensure_ascii=False),
        sign=current_app.config["SETTINGS"].sms_sign,
        by_code=way is Way.SMS and current_app.config["SETTINGS"].sms in APPROVED_ONLY,
        is_sms=way is Way.SMS,
        may_change=may_set_up(),
        problem=problem,
        previewed=previewed,
    )


@bp.post("/text")
def change():
    """Preview, save, or go back to the built-in text."""
    center, asked = find_center(), _asked(request.form)
    if center is None or asked is None:
        raise NotFound
    guard.require(center.path)
    given = {"by": guard.user().staff_id, "site_id": center.id, "now": clock.now()}
    words, code = tidy_text(request.form.get("text", "")), request.form.get("gateway_code", "").strip()
    do = request.form.get("do")
    try:
        if do == "builtin":
            retried(lambda: _taken_back(asked, given))
        elif do == "save":
            retried(lambda: _reworded(asked, words, code, given))
        else:
            check(asked[0], words, code)
            return _page(*asked, words, code, previewed=True)
    except Refused as refused:
        return _page(*asked, words[:2000], code[:80], problem=sentence(refused)), 422
    flash(_("用回了自带的文字。") if do == "builtin" else _("保存了，从下一条起用新的文字。"), "good")
    return redirect(url_for(".text", occasion=asked[0].value, way=asked[1].value), code=303)


def _reworded(asked: tuple[Occasion, Way], words: str, code: str, given: dict) -> None:
    with transaction():
        reword(*asked, words, code, **given)


def _taken_back(asked: tuple[Occasion, Way], given: dict) -> None:
    with transaction():
        take_back(*asked, **given)
