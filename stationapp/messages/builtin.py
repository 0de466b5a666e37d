"""The texts the program brings along, for every occasion and way (look.md, Words).

The first line of a mail is its subject. A call's text is read out by whoever calls.
"""

from flask_babel import lazy_gettext as _

from stationapp.messages.rules import Way
from stationapp.notices.rules import Occasion

_SMS = {
    Occasion.CONFIRMED: _("《{title}》报名成功：{when}，{where}。〔报名号{code}。〕来不了请打{phone}"),
    Occasion.WAITLISTED: _(
        "《{title}》{full}，您家〔排在候补第{rank}位〕，有名额马上告诉您。〔{kept}。〕问询{phone}"
    ),
    Occasion.DRAW_AWAITED: _(
        "《{title}》的名额抽签决定，{draw}抽，您家的号是{number}。抽完告诉您。问询{phone}"
    ),
    Occasion.NOT_DRAWN: _(
        "《{title}》抽过签了，您家的{number}号没有抽中〔，排在候补第{rank}位〕，有名额马上告诉您。问询{phone}"
    ),
    Occasion.OFFERED: _(
        "《{title}》给您家留了名额，请在{until}前答复：〔{link} 或〕打{phone}。过时让给下一位"
    ),
    Occasion.OFFER_LAPSED: _("《{title}》的名额没等到您答复，已经收回。还想来请打{phone}"),
    Occasion.PROMOTED: _("《{title}》有您家的名额了：{when}，{where}。〔报名号{code}。〕来不了请打{phone}"),
    Occasion.REMINDER: _("提醒您：{events}。来不了请打{phone}"),
    Occasion.MOVED: _("《{title}》改到{when}，{where}〔（原来是{before}）〕。名额还在，来不了请打{phone}"),
    Occasion.POSTPONED: _("《{title}》延期了〔，{reason}〕。您的名额还在，定了时间再告诉您。问询{phone}"),
    Occasion.CANCELLED: _("{when}的《{title}》取消了〔，{reason}〕，请别跑空，抱歉。问询{phone}"),
    Occasion.CERTIFICATE: _("您的志愿服务证明办好了，〔在这里看：{link} 〕问询{phone}"),
    Occasion.HOURS: _(
        "谢谢{who}！{when}“{title}”的志愿服务记了{hours}小时〔（{by_hand}）〕。不对请〔点{link} 或〕打{phone}"
    ),
    Occasion.HOURS_BACK: _(
        "更正：{who}{when}“{title}”的志愿时长核对后收回了。不对请〔点{link} 或〕打{phone}"
    ),
    Occasion.ANSWERED: _("您问的{title}有答复了：{result}。〔看这里：{link} 〕问询{phone}"),
    Occasion.SHIFT: _("您要去帮忙的《{title}》{change}。问询{phone}"),
    Occasion.HOME_CODE: _("登录码{code}，〔{until}前有效，〕用来打开您家的报名。请不要告诉别人"),
}

_CALL = {
    Occasion.CONFIRMED: _(
        "您好，这里是{site}。《{title}》给您报上了：{when}，在{where}。〔报名号是{code}。〕"
    ),
    Occasion.WAITLISTED: _(
        "您好，这里是{site}。《{title}》{full}，您家先候补〔，排第{rank}位〕，有名额马上给您打电话。〔{kept}。〕"
    ),
    Occasion.DRAW_AWAITED: _(
        "您好，这里是{site}。《{title}》的名额抽签决定，{draw}抽，您家的号是{number}，抽完告诉您。"
    ),
    Occasion.NOT_DRAWN: _(
        "您好，这里是{site}。《{title}》抽过签了，您家的{number}号没有抽中〔，排在候补第{rank}位〕，有名额马上给您打电话。"
    ),
    Occasion.OFFERED: _(
        "您好，这里是{site}。《{title}》有名额了，{when}，在{where}，您家来吗？给您留到{until}。〔报名号是{code}。〕"
    ),
    Occasion.OFFER_LAPSED: _(
        "您好，这里是{site}。《{title}》的名额没等到您家答复，已经收回了。还想来，我再给您报上。"
    ),
    Occasion.PROMOTED: _(
        "您好，这里是{site}。《{title}》轮到您家了：{when}，在{where}，您家来吗？〔报名号是{code}。〕"
    ),
    Occasion.REMINDER: _("您好，这里是{site}。提醒您家：{events}。到时候来吗？"),
    Occasion.MOVED: _(
        "您好，这里是{site}。《{title}》改到{when}，在{where}〔，原来是{before}〕。您家还来吗？"
    ),
    Occasion.POSTPONED: _(
        "您好，这里是{site}。《{title}》延期了〔，{reason}〕，时间定了再告诉您。您家的名额还要留着吗？"
    ),
    Occasion.CANCELLED: _(
        "您好，这里是{site}。{when}的《{title}》取消了〔，{reason}〕，请别跑空。给您添麻烦了。"
    ),
    Occasion.CERTIFICATE: _("您好，这里是{site}。您的志愿服务证明办好了，可以来拿，也可以在网上看。"),
    Occasion.ANSWERED: _("您好，这里是{site}。您问的{title}，答复是：{result}。{answer}"),
    Occasion.SHIFT: _("您好，这里是{site}。您要去帮忙的《{title}》{change}。"),
}

_EMAIL = {
    Occasion.CONFIRMED: _(
        "报名成功：《{title}》\n您好！《{title}》给您报上了。\n时间：{when}\n地点：{where}\n〔报名号：{code}\n〕"
        "〔查看或取消：{link}\n〕来不了请告诉我们：{phone}\n{site}"
    ),
    Occasion.WAITLISTED: _(
        "候补：《{title}》\n您好！《{title}》{full}，您家〔排在候补第{rank}位〕，有名额马上告诉您。\n〔{kept}。\n〕"
        "〔查看或取消：{link}\n〕问询：{phone}\n{site}"
    ),
    Occasion.DRAW_AWAITED: _(
        "等抽签：《{title}》\n您好！《{title}》的名额抽签决定，{draw}抽，您家的号是{number}。抽完告诉您。\n"
        "〔查看或取消：{link}\n〕问询：{phone}\n{site}"
    ),
    Occasion.NOT_DRAWN: _(
        "抽签的结果：《{title}》\n您好！《{title}》抽过签了，您家的{number}号没有抽中〔，排在候补第{rank}位〕，有名额马上告诉您。\n"
        "〔查看或取消：{link}\n〕问询：{phone}\n{site}"
    ),
    Occasion.OFFERED: _(
        "有名额了，请在{until}前答复：《{title}》\n您好！《{title}》给您家留了名额。\n时间：{when}\n地点：{where}\n"
        "请在{until}前答复，过了时间就让给下一位。\n〔来或不来，点这里：{link}\n〕也可以打电话：{phone}\n{site}"
    ),
    Occasion.OFFER_LAPSED: _(
        "名额已经收回：《{title}》\n您好！《{title}》的名额没等到您家答复，已经收回。\n"
        "〔还想来，可以再报名：{link}\n〕也可以打电话：{phone}\n{site}"
    ),
    Occasion.PROMOTED: _(
        "有名额了：《{title}》\n您好！您候补的《{title}》有您家的名额了。\n时间：{when}\n地点：{where}\n〔报名号：{code}\n〕"
        "〔查看或取消：{link}\n〕来不了请告诉我们：{phone}\n{site}"
    ),
    Occasion.REMINDER: _(
        "活动提醒\n您好！提醒您：{events}。\n〔查看或取消：{link}\n〕来不了请告诉我们：{phone}\n{site}"
    ),
    Occasion.MOVED: _(
        "时间或地点变了：《{title}》\n您好！《{title}》改了。\n现在：{when}，{where}\n〔原来：{before}\n〕您的名额还在。\n"
        "〔查看或取消：{link}\n〕来不了请告诉我们：{phone}\n{site}"
    ),
    Occasion.POSTPONED: _(
        "延期：《{title}》\n您好！《{title}》延期了〔，{reason}〕。您的名额还在，时间定了再告诉您。\n"
        "〔查看或取消：{link}\n〕问询：{phone}\n{site}"
    ),
    Occasion.CANCELLED: _(
        "取消：《{title}》\n您好！{when}的《{title}》取消了〔，{reason}〕，请别跑空。给您添麻烦了。\n问询：{phone}\n{site}"
    ),
    Occasion.CERTIFICATE: _(
        "志愿服务证明办好了\n您好！您的志愿服务证明办好了。〔在这里看：{link}\n〕问询：{phone}\n{site}"
    ),
    Occasion.HOURS: _(
        "志愿时长记好了：{hours}小时\n您好！谢谢{who}{when}在“{title}”的志愿服务，记了{hours}小时〔（{by_hand}）〕。\n"
        "〔全部时长，不对也在这里问：{link}\n〕也可以打电话：{phone}\n{site}"
    ),
    Occasion.HOURS_BACK: _(
        "志愿时长更正\n您好！{who}{when}在“{title}”的志愿时长，核对后收回了。\n"
        "〔全部时长，不对也在这里问：{link}\n〕也可以打电话：{phone}\n{site}"
    ),
    Occasion.ANSWERED: _(
        "您问的时长有答复了\n您好！您问的{title}，答复是：{result}。\n{answer}\n〔看这里：{link}\n〕问询：{phone}\n{site}"
    ),
    Occasion.SHIFT: _(
        "志愿岗位有变：《{title}》\n您好！您要去帮忙的《{title}》{change}。\n〔看这里：{link}\n〕问询：{phone}\n{site}"
    ),
}

_PAGE = {
    Occasion.CONFIRMED: _("《{title}》报名成功：{when}，{where}。〔报名号{code}。〕"),
    Occasion.WAITLISTED: _(
        "《{title}》{full}，您家〔排在候补第{rank}位〕，有名额马上告诉您。〔{kept}。〕〔报名号{code}。〕"
    ),
    Occasion.DRAW_AWAITED: _(
        "《{title}》的名额抽签决定，{draw}抽，您家的号是{number}。抽完告诉您。〔报名号{code}。〕"
    ),
    Occasion.NOT_DRAWN: _(
        "《{title}》抽过签了，您家的{number}号没有抽中〔，排在候补第{rank}位〕，有名额马上告诉您。〔报名号{code}。〕"
    ),
    Occasion.OFFERED: _("《{title}》给您家留了名额，请在{until}前答复，过时让给下一位。〔报名号{code}。〕"),
    Occasion.OFFER_LAPSED: _(
        "《{title}》的名额没等到您家答复，已经收回。还想来，可以再报名，也可以打{phone}。"
    ),
    Occasion.PROMOTED: _("《{title}》有您家的名额了：{when}，{where}。〔报名号{code}。〕来不了请打{phone}。"),
    Occasion.REMINDER: _("提醒您：{events}。"),
    Occasion.MOVED: _("《{title}》改到{when}，{where}〔（原来是{before}）〕。您的名额还在。"),
    Occasion.POSTPONED: _("《{title}》延期了〔，{reason}〕。您的名额还在，时间定了再告诉您。"),
    Occasion.CANCELLED: _("{when}的《{title}》取消了〔，{reason}〕。"),
    Occasion.CERTIFICATE: _("您的志愿服务证明办好了。"),
    Occasion.HOURS: _(
        "谢谢{who}！{when}“{title}”的志愿服务记了{hours}小时〔（{by_hand}）〕。不对请打{phone}。"
    ),
    Occasion.HOURS_BACK: _("更正：{who}{when}“{title}”的志愿时长核对后收回了。不对请打{phone}。"),
    Occasion.ANSWERED: _("您问的{title}，答复是：{result}。{answer}"),
    Occasion.SHIFT: _("您家要去帮忙的《{title}》{change}。"),
}

TEXTS = {
    (occasion, way): text
    for way, texts in ((Way.SMS, _SMS), (Way.CALL, _CALL), (Way.EMAIL, _EMAIL), (Way.PAGE, _PAGE))
    for occasion, text in texts.items()
}
