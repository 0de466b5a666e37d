"""Every figure of the coverage report counted a second time, in plain Python over the rows of `tables`.

Written from domain.md §9 and the definitions alone; it shares nothing with the report. What an earlier month counted
when it was closed is known from `Seen`, written down by whoever closed it, not from the report's own tables.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.reports.second.facts import Facts, Seen
from tests.reports.second.tables import begins, last_day, later

GROUPS = {
    "under14": {"0-2", "3-6", "7-13"},
    "under18": {"0-2", "3-6", "7-13", "14-17"},
    "over60": {"60-64", "65-69", "70-79", "80+"},
    "over65": {"65-69", "70-79", "80+"},
    "over80": {"80+"},
}
CATEGORIES = ("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A09")
USE = ("used", "open", "person_minutes", "rooms", "without_hours")
LIVES = ("here", "outside", "unknown")
CENTER, OFFICE, STATION = "center", "office", "station"


def share(numerator, denominator, digits=1, times=100) -> dict:
    """A ratio with its parts: half a last digit is rounded up; without a denominator there is no value."""
    if not denominator:
        return {"value": None, "numerator": numerator, "denominator": denominator, "over": False}
    step = Decimal(1).scaleb(-digits)
    value = (Decimal(numerator) * times / Decimal(denominator)).quantize(step, ROUND_HALF_UP)
    return {
        "value": float(value),
        "numerator": numerator,
        "denominator": denominator,
        "over": numerator > denominator,
    }


def tenths(minutes: int, by: int = 1) -> float:
    """Hours, cut after the first decimal."""
    return minutes * 10 // (60 * by) / 10


class Report:
    """One site's month. `seen`: for each closed (site id, month) what its latest version saw."""

    def __init__(self, facts: Facts, site, month, seen: dict, today: date = date(2027, 1, 1)) -> None:
        self.today = today
        self.facts, self.site, self.month, self.seen = facts, site, month, seen
        self.window = [later(month, -n) for n in range(11, -1, -1)]
        self.year = [one for one in self.window if one[0] == month[0]]
        self.told = [
            one for one in self.year if one >= facts.begun or one == month
        ]  # months anything is known of
        self.day = last_day(month)
        self.scope = [one for one in facts.beneath(site) if one is site or one.valid_from <= self.day]
        self.again = {}
        self.valid = {one: self._counted(one) for one in [later(month, -12), *self.window]}
        self.home = self._homes()
        self.communities = [
            one for one in self.scope if one.level == STATION and facts.in_force(one, self.day)
        ]
        self._place_people()
        self.served = self._ever_served()

    # --- which facts count ----------------------------------------------------------------------------------------

    def _counted(self, month) -> list:
        seen = self.seen.get((self.site.id, month)) if month != self.month else None
        here = self.facts.by_month[month]
        if seen is None:
            self.again[month] = (0, 0)
            return [event for event in here if self.facts.is_valid(event)]
        then = [event for event in here if event.id in seen.events]
        self.again[month] = tuple(
            sum(
                event.state != "closed_out" or event.closed_out_at != known[event.id]
                for event in here
                if event.id in known
            )
            for known in (seen.events, seen.ever)
        )
        return [event for event in then if self.facts.is_valid(event)]

    def _lines(self, month) -> list:
        seen = self.seen.get((self.site.id, month)) if month != self.month else None
        return [line for line in self.facts.lines[month] if seen is None or line.id <= seen.ledger]

    def _homes(self) -> dict:
        """Each community led to the one in force on the last day; none where there is none."""
        found = {}
        for site in self.facts.sites.values():
            there = site
            while not self.facts.in_force(there, self.day) and there.successor_id:
                there = self.facts.sites[there.successor_id]
            found[site.id] = there.id if self.facts.in_force(there, self.day) else None
        return found

    def _place_people(self) -> None:
        """By community and cut (group, category, all): who came of it in each month of the window."""
        self.came = defaultdict(set)
        for month in self.window:
            for event in self.valid[month]:
                for row in event.named:
                    if (home := self._home_of(row)) is None:
                        continue
                    cuts = [
                        "all",
                        event.category,
                        *(name for name, bands in GROUPS.items() if row.band in bands),
                    ]
                    for cut in cuts:
                        self.came[home, cut, month].add(row.person)

    def _served(self, months, sites) -> set:
        """Persons who helped at a valid event or have minutes at a site."""
        people, net = set(), defaultdict(int)
        for month in months:
            for event in self.valid[month]:
                if sites is None or event.site_id in sites:
                    people |= {row.person for row in self.facts.rows[event.id] if row.part == "volunteer"}
            for line in self._lines(month):
                if sites is None or line.site_id in sites:
                    net[line.person, line.site_id] += line.minutes
        return people | {person for (person, _site), minutes in net.items() if minutes > 0}

    def _ever_served(self) -> set:
        """Who served in the twelve months as far as is known now, whatever was closed: a register, not a sum."""
        now = Report.__new__(Report)
        now.facts, now.site, now.month, now.seen = self.facts, self.site, self.month, {}
        now.again = {}
        now.valid = {month: now._counted(month) for month in self.window}
        return now._served(self.window, None)

    def as_closed(self) -> Seen:
        """What a version made of this would have counted of its month: what it organised, and whom of it others had."""
        own, homes = {one.id for one in self.scope}, {one.id for one in self.communities}
        events = {
            event.id: event.closed_out_at
            for event in self.valid[self.month]
            if event.site_id in own or any(self._home_of(row) in homes for row in event.named)
        }
        ever = {event.id: event.closed_out_at for event in self.valid[self.month] if self._ever_here(event)}
        return Seen(events, ever, self.facts.last_line, self.facts.last_answer, self._by_hall([self.month]))

    def _ever_here(self, event) -> bool:
        """Also where somebody of a community beneath came that is in force no more: nothing counts it here."""
        there = {event.site_id, *(row.community_id for row in event.named)}
        led = {self.home[id] or id for id in there if id}
        return any(self.facts.sites[id].path.startswith(self.site.path) for id in there - {None} | led)

    def _home_of(self, row) -> int | None:
        return self.home[row.community_id] if row.lives == "here" else None

    # --- the whole ------------------------------------------------------------------------------------------------

    def body(self) -> dict:
        """Everything of the body that is counted."""
        parts = {"figures": [self.month], "year": self.year}
        found = {name: self._figures(self.scope, months) for name, months in parts.items()}
        return found | {
            "by_site": self._by_site(),
            "bridge": self._bridges([self.month]),
            "year_bridge": self._bridges(self.year),
            "coverage": [self._coverage(one) for one in self.communities],
            "gaps": [gap for one in self.communities if (gap := self._gap(one))],
            "months": self._months(),
            "again": {_named(month): self.again[month] for month in self.window},
            "unfiled": self._unfiled(),
            "rooms": self._by_hall([self.month]),
            "year_rooms": self._by_hall(self.year),
        }

    def _figures(self, scope: list, months: list, *, home: bool = True) -> dict:
        sites = {one.id for one in scope}
        events = [event for month in months for event in self.valid[month] if event.site_id in sites]
        rows = [row for event in events for row in event.named]
        people = {row.person for row in rows}
        lines = [line for month in months for line in self._lines(month) if line.site_id in sites]
        minutes, helpers = sum(line.minutes for line in lines), self._served(months, sites)
        heads = sum(event.heads for event in events)
        found = {
            "I-01": self._held(events),
            "I-02": {"value": len({(one.series_id, one.series_id or one.id) for one in events})},
            "I-03": self._reached(scope, months),
            "I-04": {"value": len(rows) + heads, "named": len(rows), "anonymous": heads}
            | {"by_band": self._bands(events)},
            "I-05": {"value": len(people), "by_home": self._by_home(events)},
            "I-06": share(len(rows), len(people), 2, 1) | {"over": False},
            "I-10": self._lively(scope, events),
            "I-12": {"value": len(helpers)},
            "I-13": {"value": tenths(minutes), "minutes": minutes},
            "I-14": _each_hours(minutes, len(helpers)),
            "I-15": share(sum(line.minutes for line in lines if line.manual), minutes),
            "I-19": self._kept_word(events),
            "I-20": self._filled(events),
            "I-21": share(sum(row.channel == "walk_in" for row in rows), len(rows)),
            "I-22": self._channels(rows),
            "I-23": self._liked(events, len(rows) + heads),
            "I-25": self._called_off(sites, months, len(events)),
            "I-26": self._rooms(scope, months),
            "I-27": self._old_and_young(events, rows, people),
            "I-28": self._unmet(events),
        }  # fmt: skip
        return found | (self._at_home(scope, months) if home else {})

    # --- by organiser ---------------------------------------------------------------------------------------------

    def _held(self, events) -> dict:
        found = {
            "value": len(events),
            "by_category": defaultdict(int),
            "by_task": defaultdict(int),
            "by_cadence": defaultdict(int),
        }
        for event in events:
            found["by_category"][event.category] += 1
            found["by_task"][event.task] += 1
            found["by_cadence"][self.facts.cadence[event.series_id] if event.series_id else "one_off"] += 1
        return found

    def _reached(self, scope, months) -> dict:
        levels = {level: {"met": 0, "active": 0} for level in (STATION, OFFICE, CENTER)}
        for month in months:
            for site in scope:
                if month not in self.told or not self.facts.in_force(site, last_day(month)):
                    continue
                over = [later(month, -1), month] if site.level == CENTER else [month]
                held = any(event.site_id == site.id for one in over for event in self.valid.get(one, ()))
                levels[site.level]["active"] += 1
                levels[site.level]["met"] += held
        there = {level: counted for level, counted in levels.items() if counted["active"]}
        return share(levels[STATION]["met"], levels[STATION]["active"]) | {"levels": there}

    def _bands(self, events) -> dict:
        bands = defaultdict(int)
        for event in events:
            for row in event.named:
                bands[row.band] += 1
            for head in self.facts.heads[event.id]:
                bands[head.band] += head.people
        return bands

    def _by_home(self, events) -> dict:
        last = {}
        for event in sorted(events, key=lambda one: (one.starts_at, one.id)):
            for row in sorted(
                event.named, key=lambda one: LIVES.index(one.lives)
            ):  # of two records the vaguer
                last[row.person] = row.lives
        return {lives: sum(one == lives for one in last.values()) for lives in LIVES}

    def _lively(self, scope, events) -> dict:
        active = [site.id for site in scope if self.facts.in_force(site, self.day)]
        return share(len({event.site_id for event in events} & set(active)), len(active))

    def _kept_word(self, events) -> dict:
        promised = came = 0
        for event in events:
            there = {row.person for row in self.facts.rows[event.id]}
            for one in self.facts.signups[event.id]:
                if one.state == "confirmed" and one.channel != "walk_in":
                    promised += 1
                    came += one.person in there
        return share(came, promised)

    def _filled(self, events) -> dict:
        limited = [event for event in events if event.capacity]
        return share(sum(len(one.named) + one.heads for one in limited), sum(one.capacity for one in limited))

    def _channels(self, rows) -> dict:
        channels = defaultdict(int)
        for row in rows:
            channels[row.channel] += 1
        old = [row for row in rows if row.band in GROUPS["over60"]]
        return share(sum(row.channel in ("phone", "desk") for row in old), len(old)) | {
            "by_channel": channels
        }

    def _liked(self, events, asked) -> dict:
        scores = []
        for event in events:
            seen = self.seen.get((self.site.id, event.month)) if event.month != self.month else None
            latest = {}
            for one in self.facts.answers[event.id]:
                if seen is None or one.id <= seen.answers:
                    latest[one.slot_index] = one
            scores += [one for one in latest.values() if one.score is not None]
        found = share(sum(one.score >= 4 for one in scores), len(scores))
        ways = {how: sum(one.how == how for one in scores) for how in ("page", "paper", "call")}
        few = len(scores) < 5
        if few:
            found["value"] = None
        return found | {"few": few, "asked": asked, "rate": share(len(scores), asked), "by_how": ways}

    def _called_off(self, sites, months, held) -> dict:
        off = sum(
            event.state == "cancelled" and event.site_id in sites
            for month in months
            for event in self.facts.by_month[month]
        )
        return share(off, off + held)

    def _rooms(self, scope, months) -> dict:
        found = self._use(scope, months)
        return share(found["used"], found["open"]) | {
            "rooms": found["rooms"],
            "without_hours": found["without_hours"],
            "person_minutes": found["person_minutes"],
            "person_hours": tenths(found["person_minutes"]),
        }

    def _by_hall(self, months) -> dict:
        """Own rooms of each site that has any; of a closed month as they were printed."""
        found = {site.code: self._use(site, self.month) for site in self.scope}
        for month in months:
            if month == self.month or month not in self.told:
                continue
            seen = self.seen.get((self.site.id, month))
            for site in self.scope:
                use = seen.rooms.get(site.code, {}) if seen else self._use(site, month)
                for name in ("used", "open", "person_minutes"):
                    found[site.code][name] += use.get(name, 0)
        return {code: use for code, use in found.items() if any(use.values())}

    def _rooms(self, scope, months) -> dict:
        each = self._by_hall(months)
        whole = {name: sum(each[one.code][name] for one in scope if one.code in each) for name in USE}
        used, opening = whole.pop("used"), whole.pop("open")
        return share(used, opening) | whole | {"person_hours": tenths(whole["person_minutes"])}

    def _use(self, site, month) -> dict:
        found = dict.fromkeys(USE, 0)
        if site.valid_from > last_day(month) or (site.valid_to and site.valid_to < date(*month, 1)):
            return found
        valid = {event.id: event for event in self.valid[month]}
        for room in self.facts.rooms:
            if room.site_id != site.id or room.kind != "room":
                continue
            found["rooms" if room.hours else "without_hours"] += 1
            spans = [span for span in _open(room.hours, month) if self.facts.in_force(site, _day(span[0]))]
            found["open"] += sum(_minutes(*span) for span in spans)
            for booked in self.facts.bookings[room.id]:
                found["used"] += sum(
                    _minutes(max(a, booked.starts_at), min(b, booked.ends_at)) for a, b in spans
                )
                if event := valid.get(booked.event_id):
                    people = len(event.named) + event.heads
                    found["person_minutes"] += people * _minutes(event.starts_at, event.ends_at)
        return found

    def _old_and_young(self, events, rows, people) -> dict:
        themes = [self.facts.themes[event.id] for event in events]
        either = {row.person for row in rows if row.band in GROUPS["over60"] | GROUPS["under14"]}
        return {
            "value": None,
            "events": share(sum(bool(one & {"old", "young"}) for one in themes), len(events)),
            "old": share(sum("old" in one for one in themes), len(events)),
            "young": share(sum("young" in one for one in themes), len(events)),
            "persons": share(len(either), len(people)),
        }

    def _unmet(self, events) -> dict:
        waiting = sum(one.state == "waitlisted" for event in events for one in self.facts.signups[event.id])
        return {"value": waiting, "waiting": waiting}

    # --- by residence ---------------------------------------------------------------------------------------------

    def _at_home(self, scope, months) -> dict:
        here = [one for one in scope if one in self.communities]
        volunteers = [self._volunteers(one) for one in here]
        people = self._people(here, "all")
        gaps = [pair for one in here for pair in self._nobody(one, months)]
        return {
            "I-07": self._covered(here, "all", months) | self._missing(here, "all"),
            "I-08": {
                "value": None,
                "groups": {
                    one: self._covered(here, one, months) | self._missing(here, one) for one in GROUPS
                },
            },
            "I-09": {
                "value": None,
                "categories": {one: self._covered(here, one, months) for one in CATEGORIES},
            },
            "I-11": {
                "value": len(gaps),
                "communities": sum(not self._of(one, "all", months) for one in here),
                "silent": sum(self._silent(one) >= 3 for one in here),
            },
            "I-16": share(sum(one["registered"] for one in volunteers), people),
            "I-17": share(
                sum(one["active"] for one in volunteers), sum(one["registered"] for one in volunteers)
            ),
            "I-18": share(sum(one["served"] for one in volunteers), people),
        }

    def _of(self, community, cut, months) -> set:
        return set().union(*(self.came[community.id, cut, month] for month in months))

    def _people(self, communities, group) -> int | None:
        known = [self.facts.people_in(one.id, group, self.day) for one in communities]
        return None if not known or None in known else sum(known)

    def _covered(self, communities, cut, months) -> dict:
        group = cut if cut in GROUPS else "all"
        people = set().union(*(self._of(one, cut, months) for one in communities))
        return share(len(people), self._people(communities, group))

    def _missing(self, communities, group) -> dict:
        return {
            "missing": [
                one.code for one in communities if self.facts.people_in(one.id, group, self.day) is None
            ]
        }

    def _nobody(self, community, months) -> list:
        return [
            group
            for group in GROUPS
            if self.facts.people_in(community.id, group, self.day) != 0
            and not self._of(community, group, months)
        ]

    def _silent(self, community) -> int:
        count = 0
        for month in reversed(self.window):
            unknown = month < self.facts.begun and month != self.month
            if unknown or self.came[community.id, "all", month]:
                break
            count += 1
        return count

    def _volunteers(self, community) -> dict:
        end = begins(later(self.month, 1))
        registered = {
            self.facts.whole[one.resident_id]
            for one in self.facts.profiles
            if one.registered_at < end and (one.ended_at is None or one.ended_at >= end)
        }
        living = {person for person in registered | self.served if self._lives_in(person) == community.id}
        return {
            "registered": len(living & registered),
            "active": len(living & registered & self.served),
            "served": len(living & self.served),
        }

    def _lives_in(self, person: int) -> int | None:
        return self._home_of(self.facts.residents[person])

    # --- the other sections ---------------------------------------------------------------------------------------

    def _by_site(self) -> list:
        rows = [(self.site, [self.site], True)]
        rows += [(one, self.facts.beneath(one), False) for one in self.scope if one is not self.site]
        return [
            {"site": site.code, "own": own, "active": self.facts.in_force(site, self.day),
             "figures": self._figures(scope, [self.month], home=not own)}
            for site, scope, own in rows
        ]  # fmt: skip

    def _bridges(self, months) -> dict:
        children = [one for one in self.scope if one.parent_id == self.site.id]
        found = {}
        for name, of in (("I-05", self._guests), ("I-12", self._served)):
            each = [of(months, {one.id for one in self.facts.beneath(child)}) for child in children]
            union, own = set().union(*each), of(months, {self.site.id})
            whole = of(months, {one.id for one in self.scope})
            found[name] = {
                "children": sum(map(len, each)),
                "repeated": sum(map(len, each)) - len(union),
                "own_new": len(whole - union),
                "total": len(whole),
            }
            assert whole == union | own
        return found

    def _guests(self, months, sites) -> set:
        return {
            row.person
            for month in months
            for event in self.valid[month]
            if event.site_id in sites
            for row in event.named
        }

    def _coverage(self, community) -> dict:
        cuts = ("all", *GROUPS)
        return {
            "site": community.code,
            "groups": {cut: self._covered([community], cut, [self.month]) for cut in cuts},
            "year": {cut: self._covered([community], cut, self.year) for cut in cuts},
            "categories": {cut: self._covered([community], cut, [self.month]) for cut in CATEGORIES},
            "silent": self._silent(community),
            "volunteers": self._volunteers(community),
        }

    def _gap(self, community) -> dict | None:
        groups = self._nobody(community, [self.month])
        if not self._of(community, "all", [self.month]):
            groups = ["all"]
        if not groups:
            return None
        categories = [one for one in CATEGORIES if not self._of(community, one, [self.month])]
        return {
            "site": community.code,
            "groups": groups,
            "categories": categories,
            "silent": self._silent(community),
        }

    def _unfiled(self) -> list:
        """What ended more than ten working days ago and was never closed out."""
        order = {site.id: place for place, site in enumerate(self.scope)}
        left = [
            event
            for month in self.window
            for event in self.facts.by_month[month]
            if event.site_id in order and event.state == "published"
        ]
        left = [
            event
            for event in left
            if self.facts.working_days(_day(event.ends_at), self.today - timedelta(days=1)) >= 10
        ]
        left.sort(key=lambda event: (order[event.site_id], event.starts_at))
        return [
            {
                "site": self.facts.sites[one.site_id].code,
                "event": one.code,
                "on": _day(one.starts_at).isoformat(),
            }
            for one in left
        ]

    def trend(self, printed: dict) -> list:
        """Thirteen months: of a closed one what its version printed, of an open one what it comes to now."""
        found = []
        for month in [later(self.month, -n) for n in range(12, -1, -1)]:
            figures = printed.get((self.site.id, month)) if month != self.month else None
            figures = figures or Report(self.facts, self.site, month, self.seen)._figures_of_month()
            values = {id: figures[id]["value"] for id in ("I-01", "I-04", "I-05", "I-13")}
            share = {name: figures["I-07"][name] for name in ("value", "numerator", "denominator", "over")}
            found.append(values | {"I-07": share, "minutes": figures["I-13"]["minutes"]})
        return found

    def _figures_of_month(self) -> dict:
        return self._figures(self.scope, [self.month])

    def _months(self) -> list:
        return [{"month": _named(month)} for month in self.window]


def _each_hours(minutes: int, people: int) -> dict:
    return {"value": tenths(minutes, people) if people else None, "numerator": minutes, "denominator": people}


def _named(month) -> str:
    return f"{month[0]:04d}-{month[1]:02d}"


def _day(moment):
    return (moment + timedelta(hours=8)).date()


def _minutes(begin, end) -> int:
    return max(0, int((end - begin) / timedelta(minutes=1)))


def _open(hours: str, month):
    """The open spans of a month; of the hours only the two forms that the random districts use."""
    if not hours:
        return
    days, spans = hours.split(" ", 1)
    weekdays = {"每天": range(7), "周一至周五": range(5)}[days]
    moment, end = begins(month), begins(later(month, 1))
    while moment < end:
        if (moment + timedelta(hours=8)).weekday() in weekdays:
            for span in spans.split():
                yield tuple(
                    moment + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
                    for clock in span.split("-")
                )
        moment += timedelta(days=1)
