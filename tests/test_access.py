"""The access matrix (trust.md §5): every endpoint × role × position of the object, walked automatically.

A new endpoint is walked as soon as it has its row in `stationapp/access.py`; a new kind of variable in an
address needs a sample here, in `SAMPLES`.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta

import pytest
import time_machine
import xlsxwriter
from docx import Document

from stationapp import clock
from stationapp.access import PUBLIC, TABLE
from stationapp.accounts import guard
from stationapp.accounts.models import Grant, Staff
from stationapp.accounts.operations import end_account
from stationapp.accounts.queries import list_held
from stationapp.accounts.rules import Action, Role, User, may, paths_for
from stationapp.attendance import intake
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.photos import add_photo
from stationapp.attendance.rules import Arrived, How, Kind
from stationapp.attendance.sheets import print_sheet
from stationapp.calendar.rules import Month
from stationapp.cards.operations import make as make_cards
from stationapp.catalogue import operations as catalogue
from stationapp.catalogue.rules import TemplateFields
from stationapp.certificates.operations import fill_issuer, issue
from stationapp.certificates.rules import IssuerFields
from stationapp.db import db, sqlite_module, transaction
from stationapp.devices import operations as devices
from stationapp.devices.guard import COOKIE as DEVICE_COOKIE
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import Cadence, Category, EventFields, Pattern, Task
from stationapp.events.series import lay_out
from stationapp.messages.models import Message
from stationapp.messages.rules import Way
from stationapp.messages.spreading import spread_notices
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.opinions.operations import print_slips
from stationapp.proposals.operations import keep
from stationapp.residents.merging import merge
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_resident
from stationapp.rooms.operations import add_room, hold
from stationapp.rooms.rules import RoomFacts, RoomKind
from stationapp.scrutiny.models import SpotCheck, SpotDraw
from stationapp.signups.models import Signup
from stationapp.sites.models import Site
from stationapp.sites.rules import Level, contains
from stationapp.teams import operations as teams
from stationapp.teams.rules import RecordKind, TeamKind
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import ManualHours
from stationapp.volunteers.posting import post
from stationapp.volunteers.queries import find_volunteer
from stationapp.volunteers.questions import ask
from stationapp.volunteers.rules import ManualReason, ManualState, Risk
from tests import cast
from tests.publicity.sheets import Pdf


@dataclass(frozen=True)
class Sample:
    """One site with one of everything that belongs to it; `name` and `phone` occur nowhere else."""

    site: Site
    event: str
    name: str
    phone: str
    signup: int
    signup_code: str
    resident: int
    twin: int  # another record that looks like the same person
    merge: int  # of a third one into the resident's
    household: int
    home: Site
    notice: int
    message: int
    aside: int  # a scan that waits for a person
    staff: int
    grant: int
    photo: str
    volunteer: str
    certificate: str
    line: int
    spot: int  # the line was drawn for a call
    team: str
    record: int  # a training of the volunteer's
    shift: int
    assignment: int
    manual: int
    question: int
    room: int
    hold: int
    batch: str
    series: str
    proposal: str
    template: str
    signsheet: str
    slips: str
    card: str
    device: str
    template_at: str  # its owner's path; stations own none: their office's


SAMPLES: dict[str, Callable[[Sample], object]] = {
    "events/code": lambda s: s.event,
    "queue/code": lambda s: s.event,
    "templates/code": lambda s: s.template,
    "sites/code": lambda s: s.site.code,
    "reports/site": lambda s: s.site.code,
    "signups/code": lambda s: s.signup_code,
    "signups/signup_id": lambda s: s.signup,
    "opinions/attendance_id": lambda s: 1,
    "residents/resident_id": lambda s: s.resident,
    "duplicates/one_id": lambda s: s.resident,
    "other_id": lambda s: s.twin,
    "merges/merge_id": lambda s: s.merge,
    "people/resident_id": lambda s: s.resident,
    "cards/serial": lambda s: s.card,
    "devices/code": lambda s: s.device,
    "enrolments/link": lambda s: "nothing",
    "logins/login_id": lambda s: 1,
    "homes/household_id": lambda s: s.household,
    "places/signup_id": lambda s: s.signup,
    "scans/aside_id": lambda s: s.aside,
    "notices/notice_id": lambda s: s.notice,
    "calls/notice_id": lambda s: s.notice,
    "lines/message_id": lambda s: s.message,
    "messages/message_id": lambda s: s.message,
    "staff/staff_id": lambda s: s.staff,
    "grants/grant_id": lambda s: s.grant,
    "photos/digest": lambda s: s.photo,
    "volunteers/code": lambda s: s.volunteer,
    "teams/code": lambda s: s.team,
    "members/member": lambda s: s.volunteer,
    "records/record_id": lambda s: s.record,
    "certificates/number": lambda s: s.certificate,
    "issuers/code": lambda s: s.site.code,
    "shifts/shift_id": lambda s: s.shift,
    "assignments/assignment_id": lambda s: s.assignment,
    "hours/manual_id": lambda s: s.manual,
    "questions/question_id": lambda s: s.question,
    "new/code": lambda s: s.volunteer,
    "batches/code": lambda s: s.batch,
    "series/code": lambda s: s.series,
    "progress/code": lambda s: s.series,
    "proposals/code": lambda s: s.proposal,
    "rooms/room_id": lambda s: s.room,
    "holds/booking_id": lambda s: s.hold,
    "lines/line_id": lambda s: s.line,
    "spot-checks/check_id": lambda s: s.spot,
    "month": lambda s: str(Month.of(clock.day_of(clock.now()))),  # of the samples' events
    "figure": lambda s: "I-05",
    "files/format": lambda s: ("json", "xlsx", "docx")[NAMES.index(s.name) % 3],
    "versions/version": lambda s: 1,
    "audience": lambda s: "outside",
    "/format": lambda s: "xlsx",
    "links/link_id": lambda s: 1,
    "reports/token": lambda s: "nothing",
    "files/number": lambda s: 1,
    "sheets/number": lambda s: 1,
    "rows/line": lambda s: 0,
    "rows/format": lambda s: "xlsx",
    "sheets/serial": lambda s: s.signsheet,
    "slips/serial": lambda s: s.slips,
    "signins/number": lambda s: 1,
    "invitations/token": lambda s: "nothing",
    "static/filename": lambda s: "app.css",
}
"""A value for each variable of an address: "segment before it/its name", or its name alone."""

NOT_THERE = {"desk.reports.version", "desk.reports.late", "desk.files.preview", "desk.sheets.show",
             "desk.sheets.export"}  # fmt: skip
"""Pages whose object the samples leave out: 404 for everybody."""

HANDED_DOWN = re.compile(r"/desk/templates/\w{8}(/batch|/drafts)?")
"""What sites beneath the owner of a template may ask for, too: reading it and taking it over for themselves."""

NAMES = ("欧阳壹测", "司马贰测", "上官叁测", "诸葛肆测", "东方伍测", "皇甫陆测")
OUTSIDE = ("anonymous", "ex-employee", "device")
ACTORS = (*OUTSIDE, "helper", "manager", "reviewer", "viewer", "administrator", "auditor")


class World:
    """A district with a sample at each of its six sites and a signed-in browser for each actor."""

    def __init__(self, app) -> None:
        app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # permission is asked about here, not the token
        app.config["PROPAGATE_EXCEPTIONS"] = (
            False  # one broken page is a line in the list, not the end of the walk
        )
        self.app, people = app, cast.district(app)
        sites = (people.one, people.two, people.office, people.center, people.far_office, people.far)
        homes = (people.one, people.two, people.one, people.one, people.far, people.far)
        with app.app_context():
            self.samples = [
                _sample(site, home, NAMES[n], f"1990000{n}77{n}", people)
                for n, (site, home) in enumerate(zip(sites, homes, strict=True))
            ]
            self.users, self.clients = self._actors(people)

    def _actors(self, people: cast.District):
        made = {
            "helper": cast.staff("协助甲", people.one, Role.HELPER),
            "manager": people.lin,
            "reviewer": people.chen,
            "viewer": cast.staff("查阅甲", people.office, Role.VIEWER),
            "administrator": people.root,
            "auditor": cast.staff("审计甲", people.center, Role.AUDITOR),
            "ex-employee": cast.staff("离职甲", people.center, Role.REVIEWER),
        }
        clients = {actor: self.app.test_client() for actor in ACTORS}
        # The token at every address, not at the device's own alone: it opens nothing of the desk.
        clients["device"].set_cookie(DEVICE_COOKIE, _device(people.one)[1])
        for actor, staff in made.items():
            cast.sign_in(clients[actor], staff)
        with transaction():
            gone = db.session.get_one(Staff, made.pop("ex-employee").id)
            end_account(gone, by=people.root.id, now=clock.now())
        return {actor: User(one.id, one.name, list_held(one.id)) for actor, one in made.items()}, clients

    def walk(self, method: str) -> Iterator[tuple[str, object, str, Sample, str]]:
        """(endpoint, its rule, actor, sample, path) of everything that can be asked with `method`."""
        for rule in self.app.url_map.iter_rules():
            needed = TABLE[rule.endpoint].get(method)
            if method not in rule.methods or needed in (None, PUBLIC):
                continue
            for sample in self.samples if rule.arguments else self.samples[:1]:
                with self.app.test_request_context():
                    path = self.app.url_map.bind("localhost").build(
                        rule.endpoint, values_of(rule, sample), method
                    )
                for actor in ACTORS:
                    yield rule.endpoint, needed, actor, sample, path

    def allowed(self, actor: str, needed: object, sample: Sample, path: str) -> bool:
        """What the table and `may` say."""
        user = self.users.get(actor)
        if user is None or not isinstance(needed, Action):
            return user is not None
        if HANDED_DOWN.fullmatch(path) and any(
            contains(sample.template_at, below) for below, _reach in paths_for(user, needed)
        ):
            return True
        return (
            may(user, needed, _place(path, sample)) if _place(path, sample) else bool(paths_for(user, needed))
        )


def _sample(site: Site, home: Site, name: str, phone: str, people: cast.District) -> Sample:
    event = cast.event(site, title=f"{site.short_name}的活动", starts_at=clock.now() + timedelta(hours=1))
    answer = cast.sign_up(event, cast.person(name, phone, home=home, birth_month="1970-01"))
    signup = db.session.query(Signup).filter_by(party_id=answer.party_id).one()
    worker = cast.staff(f"员工{site.code}", site, Role.HELPER)
    with transaction():
        tell_desk(Occasion.MOVED, f"event {event.code}", site_id=site.id, now=clock.now())
        spread_notices(now=clock.now())
    notice = db.session.query(Notice).filter_by(site_id=site.id).one()
    message = db.session.query(Message).filter_by(notice_id=notice.id, way=Way.CALL).one()
    grant = db.session.query(Grant).filter_by(staff_id=worker.id).one()
    assert get_resident(signup.resident_id).name == name
    volunteer, shift, assignment, manual = _volunteering(site, event, signup.resident_id, people.lin.id)
    owner = next(
        one
        for one in (site, people.office, people.far_office)
        if one.level is not Level.STATION and contains(one.path, site.path)
    )
    return Sample(
        site=site,
        event=event.code,
        name=name,
        phone=phone,
        signup=signup.id,
        signup_code=answer.codes[0],
        resident=signup.resident_id,
        **_records(signup.resident_id, name, home, people.lin.id),
        household=get_resident(signup.resident_id).household_id,
        home=home,
        notice=notice.id,
        message=message.id,
        aside=_aside(event, signup.resident_id),
        staff=worker.id,
        grant=grant.id,
        photo=_photo(event),
        volunteer=volunteer,
        **_team(site, volunteer, people.lin.id),
        **_certificate(site, manual, people.lin.id),
        shift=shift,
        assignment=assignment,
        manual=manual,
        question=_question(volunteer),
        **_room(site, people.lin.id),
        **_series(site, people.lin.id),
        proposal=_proposal(site, people.lin.id),
        template=_template(owner),
        card=_card(signup.resident_id, site.id),
        device=_device(site)[0],
        signsheet=_signsheet(event, signup.resident_id),
        slips=_slips(event),
        template_at=owner.path,
    )


def _question(volunteer: str) -> int:
    with transaction():
        return ask(find_volunteer(volunteer), "少记了半小时", key="1", now=clock.now()).id


def _photo(event) -> str:
    with transaction():
        return add_photo(event, b"a picture", by=None, now=clock.now())


def _certificate(site: Site, manual: int, by: int) -> dict[str, object]:
    proposed, now = db.session.get_one(ManualHours, manual), clock.now()
    its = db.session.get_one(Site, site.id)
    with transaction():
        its.legal_body = "示例居民委员会"
        fill_issuer(its, IssuerFields("示例居民委员会", "甲", "乙", "0379-00000001"), by=by, now=now)
        line = post(
            proposed.volunteer_id, site.id, proposed.served_on, 30, by, now, manual_id=_another(proposed).id
        )
        (made,) = issue(its, [proposed.volunteer_id], key="sample", reason="样例", by=by, now=now)
        return {"certificate": made.number, "line": line.id, "spot": _spot(site, line.id)}


def _spot(site: Site, line: int) -> int:
    draw = SpotDraw(
        site_id=site.id, month="2026-10", seed="0", up_to_id=line, manual=1, one_hand=0, at=clock.now()
    )
    db.session.add(draw)
    db.session.flush()
    check = SpotCheck(draw_id=draw.id, entry_id=line)
    db.session.add(check)
    db.session.flush()
    return check.id


def _team(site: Site, volunteer: str, by: int) -> dict[str, object]:
    given = {"by": by, "now": clock.now()}
    with transaction():
        team = teams.make_team(site, name="宣讲队", kind=TeamKind.POLICY, **given)
        who, day = find_volunteer(volunteer), clock.day_of(clock.now())
        teams.join(team, who, leads=True, **given)
        record = teams.add_record(who, site=site, kind=RecordKind.TRAINING, title="急救", on=day, **given)
        return {"team": team.code, "record": record.id}


def _another(manual: ManualHours) -> ManualHours:
    """The same once more, decided: the first one still waits."""
    same = ("volunteer_id", "site_id", "served_on", "minutes", "reason", "note", "proposed_by", "proposed_at")
    made = ManualHours(**{name: getattr(manual, name) for name in same})
    made.state, made.decided_at = ManualState.APPROVED, manual.proposed_at
    db.session.add(made)
    db.session.flush()
    return made


def _records(resident: int, name: str, home: Site, by: int) -> dict[str, int]:
    """Two more records under one name, without a phone: one looks like the person, one was merged into them."""
    with transaction():
        twin, third = (take_in(cast.person(name, None, home=home), now=clock.now()) for _ in range(2))
        return {"twin": twin.id, "merge": merge(resident, third.id, by=by, now=clock.now()).id}


def _aside(event, resident: int) -> int:
    early = event.starts_at - timedelta(hours=9)
    given = {"kind": Kind.IN, "how": How.PAPER, "at": early, "nonce": "paper"}
    with transaction():
        arrived = Arrived(event_id=event.id, resident_id=resident, **given)
        intake.take_in([arrived], by=None, now=clock.now())
        return db.session.query(RefusedScan).filter_by(event_id=event.id).one().id


def _card(resident: int, site_id: int) -> str:
    with transaction():
        return make_cards([resident], site_id=site_id, by=None, now=clock.now())[resident].serial


def _signsheet(event, resident: int) -> str:
    with transaction():
        return print_sheet(event, [resident], empty=10, by=None, now=clock.now()).serial


def _slips(event) -> str:
    with transaction():
        return print_slips(event, 8, by=None, now=clock.now()).serial


def _device(site: Site) -> tuple[str, str]:
    """One in use: its code and its token."""
    today, now = clock.day_of(clock.now()), clock.now()
    with transaction():
        device, link = devices.enrol(site, "平板", today, today, names_shown=True, by=None, now=now)
        return device.code, devices.take_up(link, now=now)


def _template(owner: Site) -> str:
    fields = TemplateFields("剪纸", "一起剪窗花", Category.A03, Task.T4, "所有人", time(9), 60)
    with transaction():
        return catalogue.write(owner, fields, by=None, now=clock.now()).code


def _proposal(site: Site, by: int) -> str:
    body = {"most": 2, "best": True, "offices": 0, "stations": 1, "filled": 0, "missing": 0, "met": 0}
    with transaction():
        given = {"by": by, "now": clock.now()}
        return keep(site, Month(2026, 10), body | {"events": [], "left": []}, **given).code


def _series(site: Site, by: int) -> dict[str, str]:
    starts = clock.now() + timedelta(days=1)
    fields = EventFields(
        title=f"{site.short_name}的课", starts_at=starts, ends_at=starts + timedelta(hours=1)
    )
    rule = Recurrence(Pattern.MONTHLY_DATE, clock.day_of(starts), times=2, month_day=1)
    with transaction():
        laid = lay_out(site, fields, rule, cadence=Cadence.STAGED, by=by, now=clock.now())
        return {"batch": laid.batch.code, "series": laid.series.code}


def _room(site: Site, by: int) -> dict[str, int]:
    given = {"by": by, "now": clock.now()}
    times = {
        "starts_at": clock.now() + timedelta(hours=5),
        "ends_at": clock.now() + timedelta(hours=6),
    }
    with transaction():
        room = add_room(site, RoomKind.ROOM, RoomFacts("舞蹈室"), **given)
        return {"room": room.id, "hold": hold(room, **times, purpose="检修", **given).id}


def _volunteering(site: Site, event, resident: int, by: int) -> tuple[str, int, int, int]:
    now, given = clock.now(), {"by": by, "now": clock.now()}
    with transaction():
        volunteer = volunteers.register(get_resident(resident), site=site, **given)
        shift = volunteers.add_shift(
            event, title="引导", needed=1, risk=Risk.ORDINARY, risk_note="久站", **given
        )
        assignment = volunteers.assign(shift, volunteer, **given)
        manual = volunteers.propose_manual(
            volunteer,
            site=site,
            from_site=site if site.parent_id else db.session.query(Site).filter_by(parent_id=site.id).first(),
            served_on=clock.day_of(now - timedelta(days=1)),
            minutes=30,
            reason=ManualReason.OTHER,
            note="送药",
            **given,
        )
        return volunteer.code, shift.id, assignment.id, manual.id


def values_of(rule, sample: Sample) -> dict[str, object]:
    values = {}
    for before, variable in re.findall(r"([^/]*)/<(?:[a-z]+:)?(\w+)>", rule.rule):
        find = SAMPLES.get(f"{before}/{variable}") or SAMPLES.get(variable)
        if find is None:
            pytest.fail(
                f"{rule.rule}: add a sample for {before}/{variable} to SAMPLES in tests/test_access.py"
            )
        values[variable] = find(sample)
    return values


def _place(path: str, sample: Sample) -> str | None:
    """The path of the site that the thing at this address belongs to; None for a list."""
    if not any(str(find(sample)) in path.split("/") for find in SAMPLES.values()):
        return None
    if path.startswith("/desk/templates/"):
        return sample.template_at
    lives = path.startswith(("/desk/residents/", "/desk/duplicates/", "/desk/phone/homes/", "/desk/cards/"))
    return (sample.home if lives else sample.site).path


@pytest.fixture
def world(app) -> Iterator[World]:
    # The clock stands still: a sign-in noted as used would look like a write. The samples' events are of this day.
    with time_machine.travel(clock.instant(clock.day_of(clock.now()), 10), tick=False):
        yield World(app)


def test_every_endpoint_and_method_has_a_row_and_every_row_an_endpoint(app):
    asked = {}
    for rule in app.url_map.iter_rules():
        asked.setdefault(rule.endpoint, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    assert asked == {endpoint: set(row) for endpoint, row in TABLE.items()}


def test_an_endpoint_without_a_row_is_refused_at_run_time(app, client):
    app.config["ACCESS"] = {name: row for name, row in TABLE.items() if name != "health.alive"}
    assert client.get("/healthz").status_code == 403


def test_pages_open_for_those_who_may_and_for_nobody_else(world):
    wrong, steps = [], 0
    for endpoint, needed, actor, sample, path in world.walk("GET"):
        status = world.clients[actor].get(path).status_code
        expected = _expected(world, actor, needed, sample, path)
        if expected == (200, 303) and endpoint in NOT_THERE:
            expected = (404,)
        steps += 1
        if status not in expected:
            wrong.append(
                f"{actor} GET {path} ({endpoint}, {sample.site.short_name}): {status}, not {expected}"
            )
    assert wrong == []
    assert steps > 300


def test_a_denied_write_is_refused_and_changes_no_row(world):
    watch = sqlite_module().connect(world.app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))
    wrong, steps = [], 0
    for _endpoint, needed, actor, sample, path in world.walk("POST"):
        if world.allowed(actor, needed, sample, path):
            continue
        version = watch.execute("PRAGMA data_version").fetchone()
        status = world.clients[actor].post(path).status_code
        steps += 1
        if status not in (303, 403, 404) or (status == 303) != (actor in OUTSIDE):
            wrong.append(f"{actor} POST {path} ({sample.site.short_name}): {status}")
        if watch.execute("PRAGMA data_version").fetchone() != version:
            wrong.append(f"{actor} POST {path} ({sample.site.short_name}) wrote something")
    watch.close()
    assert wrong == []
    assert steps > 300


def test_no_person_is_shown_to_those_who_may_not_see_them(world):
    wrong, steps, opened = [], 0, Counter()
    for _endpoint, _needed, actor, _sample, path in world.walk("GET"):
        body, kind = readable(world.clients[actor].get(path, follow_redirects=True).get_data())
        opened[kind] += 1
        user = world.users.get(actor)
        for person in world.samples:
            steps += 1
            near = user and any(
                may(user, action, place.path)
                for action in (Action.SIGN_UP, Action.CHECK_IN)
                for place in (person.site, person.home)
            )
            if person.phone in body or (person.name in body and not near):
                wrong.append(f"{actor} GET {path} shows {person.site.short_name}'s person")
    assert wrong == []
    assert steps > 2000
    assert min(opened["zip"], opened["pdf"], opened["text"]) > 5, opened


def readable(data: bytes) -> tuple[str, str]:
    """(what an answer says, of which kind it is): workbooks and documents unpacked, PDFs read."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return "".join(packed.read(name).decode(errors="replace") for name in packed.namelist()), "zip"
    if data.startswith(b"%PDF"):
        return Pdf(data).said(), "pdf"
    return data.decode(errors="replace"), "text"


def test_a_person_is_found_in_workbooks_documents_and_pdfs():
    """What the walk searches with would find a name there."""
    book, word = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as made:
        made.add_worksheet().write_string(0, 0, "王试人")
    document = Document()
    document.add_paragraph("王试人")
    document.save(word)
    for data, kind in ((book.getvalue(), "zip"), (word.getvalue(), "zip")):
        said, found = readable(data)
        assert (found, "王试人" in said) == (kind, True)


def test_rights_withdrawn_count_from_the_next_request(world):
    browser, lin = world.clients["manager"], world.users["manager"]
    path = f"/desk/events/{world.samples[0].event}"
    assert browser.get(path).status_code == 200
    with world.app.app_context(), transaction():
        end_account(db.session.get_one(Staff, lin.staff_id), by=None, now=clock.now())
    assert browser.get(path).status_code == 303
    assert browser.get_cookie(guard.COOKIE) is not None


def _expected(world: World, actor: str, needed: object, sample: Sample, path: str) -> tuple[int, ...]:
    if world.allowed(actor, needed, sample, path):
        return (200, 303)
    return (303,) if actor in OUTSIDE else (403, 404)
