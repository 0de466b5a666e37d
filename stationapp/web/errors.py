"""From exceptions to pages, in one place: a sentence that says what happened and what to do."""

import logging
import traceback

from flask import Flask, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from stationapp.db import Busy
from stationapp.refusal import NotFound, Refused

log = logging.getLogger(__name__)


def sentence(refused: Refused) -> str:
    """The refusal in words: `templates/components/refusals/<Enum>.html`, which knows every case."""
    name = type(refused.reason).__name__
    return render_template(
        f"components/refusals/{name}.html", reason=refused.reason.value, **refused.facts
    ).strip()


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.log_exception = _logged
    app.register_error_handler(Refused, lambda error: _page(409, _("没有办成"), sentence(error)))
    app.register_error_handler(NotFound, lambda error: _not_found())
    app.register_error_handler(404, lambda error: _not_found())
    app.register_error_handler(CSRFError, lambda error: _stale())
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Busy, lambda error: _busy())
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DataError, lambda error: _unreadable())
    app.register_error_handler(DBAPIError, _refused_by_database)
    app.register_error_handler(500, lambda error: _fault())


def _page(status: int, title: str, text: str):
    return render_template("errors/error.html", title=title, text=text), status


def _not_found():
    return _page(
        404,
        _("没有找到这一页"),
        _("地址可能写错了，或者内容已经撤下。请从首页再找一找，也可以打电话问站点。"),
    )


def _stale():
    return _page(
        400,
        _("页面放得太久了"),
        _("请返回上一页，刷新后再提交一次。您填的内容没有丢给别人，也没有重复提交。"),
    )


def _busy():
    return _page(503, _("现在人太多了"), _("没有保存任何改动。请过几秒再试一次，不会重复报名。"))


def _http(error: HTTPException):
    titles = {
        403: (_("您的角色不能做这件事"), _("如果工作需要，请联系上级管理员开通。")),
        405: (_("这个地址不能这样用"), _("请从页面上的按钮操作。")),
        413: (_("文件太大了"), _("请把文件控制在 10 MB 以内再上传。")),
        429: (_("试得太频繁了"), _("请过几分钟再试。")),
    }
    title, text = titles.get(error.code, (_("没有办成"), _("请返回上一页检查后再试。")))
    return _page(error.code or 500, title, text)


def _database(error: OperationalError):
    # The driver's own message may quote parameters: only its class goes into the log.
    log.error("database: %s", type(error.orig).__name__)
    return _busy()


def _unreadable():
    return _page(400, _("没有办成"), _("地址或填写的内容里有读不懂的字符，没有保存任何改动。请检查后再试。"))


def _refused_by_database(error: DBAPIError):
    # The same here: where it happened is told, but nothing that was written (trust.md §4.27).
    log.error("database: %s\n%s", type(error.orig).__name__, _frames(error))
    return _fault()


def _logged(exc_info: tuple) -> None:
    # Flask's own line has the path, with the code or the token that opens it, and what the exception quotes.
    kind, error, _frame = exc_info
    log.error("fault: %s in %s %s\n%s", kind.__name__, request.method, request.endpoint, _frames(error))


def _frames(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__))


def _fault():
    return _page(500, _("这一步没有走通"), _("没有保存任何改动。请过一会儿再试，或打电话给站点。"))
