"""What the sample's sites do together: templates that go down from the center, and activities of several sites."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta

from stationapp import clock
from stationapp.catalogue import operations as catalogue
from stationapp.catalogue.models import Template
from stationapp.catalogue.rules import TemplateFields
from stationapp.events import operations as events
from stationapp.events.rules import EventFields
from stationapp.rooms.queries import list_shared
from stationapp.sample.programme import IDEAS
from stationapp.sites.models import Site

_OF_CENTER = (
    "反诈宣传进社区", "政策宣讲：城乡居民养老保险怎么领", "理论宣讲：身边的变化", "智能手机课堂：微信挂号与健康码",
    "义诊：量血压测血糖", "少儿书法班", "小小科学家：水火箭", "周末环境清洁日",
)  # fmt: skip
_LENT = {"反诈宣传进社区": "反诈讲师团"}
_ADAPTED = {
    "义诊：量血压测血糖": {
        "title": "义诊进楼院：量血压测血糖",
        "bring": "医保卡、平时吃的药盒",
        "shared": "义诊队",
    },
    "少儿书法班": {"title": "少儿书法班：写春联", "notes": "笔墨现场有，请穿不怕弄脏的衣服", "shared": ""},
}


def hand_down(center: Site, office: Site, *, by: Mapping[int, int], now: datetime) -> Template:
    """The center writes its templates and an office adapts two; `by` is each site's reviewer. The last one adapted."""
    for title in _OF_CENTER:
        fields = _template(title, _lent(center, _LENT.get(title, "")))
        made = catalogue.write(center, fields, by=by[center.id], now=now)
        if change := _ADAPTED.get(title):
            wish = replace(
                fields,
                title=change["title"],
                bring=change.get("bring", ""),
                notes=change.get("notes", ""),
                shared_id=_lent(office, change["shared"]),
            )
            later = now + timedelta(days=2)
            adapted = catalogue.write(office, wish, based_on=made, by=by[office.id], now=later)
    return adapted


def _template(title: str, shared_id: int | None) -> TemplateFields:
    idea = IDEAS[title]
    return TemplateFields(
        title=idea.title,
        summary=idea.summary,
        category=idea.category,
        task=idea.task,
        audience=idea.audience,
        starts=time(idea.hour),
        minutes=idea.minutes,
        min_age=idea.min_age,
        max_age=idea.max_age,
        capacity=idea.capacity,
        volunteers=idea.volunteers,
        shared_id=shared_id,
        themes=idea.themes,
    )


def _lent(site: Site, name: str) -> int | None:
    return next((room.id for room in list_shared(site) if room.name == name), None)


def hold_together(
    title: str, lead: Site, partners: list[Site], *, ahead: int, by: int, reviewer: int, now: datetime
) -> None:
    """An activity of several sites that was published yesterday and begins `ahead` days from now."""
    idea, written = IDEAS[title], now - timedelta(days=2)
    starts_at = clock.instant(clock.day_of(now) + timedelta(days=ahead), idea.hour)
    event = events.draft(
        lead,
        EventFields(
            title=idea.title,
            summary=idea.summary,
            category=idea.category,
            task=idea.task,
            audience=idea.audience,
            themes=idea.themes,
            capacity=idea.capacity,
            place=f"{lead.short_name}门前广场",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=idea.minutes),
            contact_phone=lead.phone,
            partners=frozenset(site.id for site in partners),
        ),
        by=by,
        now=written,
    )
    events.submit(event, by=by, now=written + timedelta(hours=1))
    events.publish(event, by=reviewer, now=written + timedelta(days=1))


def hand_in(template: Template, stations: list[Site], *, by: Mapping[int, int], now: datetime) -> None:
    """Stations took a template over and wait for the office: one a day, from next week on."""
    for number, site in enumerate(stations):
        on = clock.day_of(now) + timedelta(days=8 + number)
        wish = catalogue.Wish(site, clock.instant(on, template.starts.hour))
        drafts, _batch = catalogue.take_over(template, [wish], by=by[site.id], now=now)
        events.submit(drafts[0], by=by[site.id], now=now)
