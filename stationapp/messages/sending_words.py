"""How ways, states and outcomes of messages are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.messages.rules import AttemptEnd, Delivery, StopWhy, Way
from stationapp.notices.rules import Occasion

WORDS: dict[Enum, object] = {
    Way.CALL: _("电话"),
    Way.SMS: _("短信"),
    Way.EMAIL: _("邮件"),
    Way.PAGE: _("页面上"),
    Delivery.PENDING: _("等着发"),
    Delivery.CLAIMED: _("正要发"),
    Delivery.SENDING: _("正在发"),
    Delivery.ACCEPTED: _("已交给网关"),
    Delivery.IN_DOUBT: _("不知道发没发到"),
    Delivery.DELIVERED: _("已收到"),
    Delivery.FAILED: _("没有发成"),
    Delivery.ANSWERED: _("已打电话"),
    Delivery.VOID: _("不用再发"),
    AttemptEnd.ACCEPTED: _("接收了"),
    AttemptEnd.REFUSED: _("拒绝了"),
    AttemptEnd.BUSY: _("没有接收，过会儿再试"),
    AttemptEnd.UNKNOWN: _("没有答复"),
    StopWhy.DAY_LIMIT: _("今天发满了"),
    StopWhy.RATE: _("一分钟里要的登录码太多"),
    StopWhy.GATEWAY: _("网关一直不接收"),
    StopWhy.PERSON: _("有人停的"),
}

OCCASIONS: dict[Occasion, object] = {
    Occasion.CONFIRMED: _("报名成功"),
    Occasion.WAITLISTED: _("候补"),
    Occasion.DRAW_AWAITED: _("报了名，等抽签"),
    Occasion.NOT_DRAWN: _("没有抽中"),
    Occasion.OFFERED: _("有名额，请答复"),
    Occasion.OFFER_LAPSED: _("名额没等到答复，已经收回"),
    Occasion.PROMOTED: _("候补有了名额"),
    Occasion.REMINDER: _("活动提醒"),
    Occasion.MOVED: _("时间或地点变了"),
    Occasion.POSTPONED: _("延期"),
    Occasion.CANCELLED: _("取消"),
    Occasion.CERTIFICATE: _("证明办好了"),
    Occasion.HOURS: _("志愿时长记好了"),
    Occasion.HOURS_BACK: _("志愿时长收回了"),
    Occasion.ANSWERED: _("问的时长有了答复"),
    Occasion.SHIFT: _("有岗位的活动变了"),
    Occasion.HOME_CODE: _("登录码"),
}
"""What residents are told, in a word or two: on notices the same cases say what the desk is to do."""

WHY = {
    "gone": _("名额已经不在，或事情已经过去"),
    "late": _("过了时间"),
    "superseded": _("后来又有了新的变动"),
    "no_texts": _("这一家不收短信"),
    "no_address": _("没有能发的号码或邮箱"),
    "too_many": _("这个号码今天已经发够了"),
    "fault": _("没能写成文字"),
    "lost": _("发的时候程序中断了"),
    "person": _("工作人员说的"),
    "no-template": _("没有填网关的模板编号"),
    "ConnectError": _("连不上网关"),
    "ConnectTimeout": _("连不上网关"),
    "ReadTimeout": _("没等到答复"),
    "RemoteProtocolError": _("连接断了"),
    "ReadError": _("连接断了"),
    "woke-late": _("机器睡着过，没有发"),
    "ending": _("程序正要停，没有发"),
}
"""`Message.why` in words; anything else is a gateway's code, shown as it is."""

PLACES = {
    "title": _("活动名称"),
    "when": _("时间"),
    "where": _("地点"),
    "site": _("站点名"),
    "phone": _("问询电话"),
    "code": _("报名号或登录码"),
    "link": _("网址"),
    "until": _("到什么时候为止"),
    "rank": _("候补第几位"),
    "draw": _("什么时候抽签"),
    "number": _("抽签的号"),
    "full": _("报满了，还是网上的名额报满了"),
    "kept": _("还有几个名额留给电话报名，到什么时候"),
    "before": _("原来的时间地点"),
    "reason": _("原因"),
    "events": _("当天的活动"),
    "hours": _("几小时"),
    "who": _("谁的时长，姓名遮去一部分"),
    "change": _("改到什么时候、延期还是取消"),
    "by_hand": _("补录的，写“补录”"),
    "result": _("已更正，还是维持不变"),
    "answer": _("答复的话"),
}
"""The places of a text, explained."""
