"""The close-out as a manager holds it in one hand, and its pictures."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.attendance import photos
from stationapp.attendance.models import Attendance, Photo
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.volunteers import ledger, operations
from tests import cast
from tests.attendance import pictures
from tests.harness.inspect import Page


class Evening:
    """An event that ended an hour ago: two people and a volunteer came, one more stayed away; Lin is signed in."""

    def __init__(self, app, ended=timedelta(hours=1)):
        self.people = cast.district(app)
        self.app, self.now = app, clock.now()
        self.client = app.test_client()
        cast.sign_in(self.client, self.people.lin)
        with app.app_context():
            one = self.people.one
            self.event = cast.event(one, starts_at=self.now - ended - timedelta(hours=2))
            before = self.event.starts_at - timedelta(days=1)
            cast.sign_up(self.event, cast.granny_wu(one), cast.xiao_li(one), now=before)
            cast.sign_up(self.event, cast.person("钱进", "19900009999"), now=before)
            for person in (cast.granny_wu(one), cast.xiao_li(one)):
                self.comes(cast.resident(person), Part.RESIDENT)
            self.volunteers = [self.helps("王建国", "19900003333")]
        self.at = f"/desk/events/{self.event.code}"

    def helps(self, name: str, phone: str, came=None):
        """A volunteer who came, at the start unless told, and was never signed out."""
        person = cast.resident(cast.person(name, phone, birth_month="1970-05", home=self.people.one))
        with transaction():
            made = operations.register(person, site=self.people.one, by=None, now=self.now)
        self.comes(person, Part.VOLUNTEER, came)
        return made

    def comes(self, person, part: Part, at=None) -> None:
        at = at or self.event.starts_at
        given = {"by": self.people.lin.id, "now": self.now, "at": at}
        with transaction():
            attendance.check_in(self.event, person, how=How.ROSTER, part=part, **given)

    def page(self):
        return self.client.get(f"{self.at}/closeout")

    def close(self, **values):
        return self.client.submit(self.page(), values, to="closeout")

    def send(self, to: str, given: bytes | None, name="a.jpg", **values):
        """The form with a picture in it, as a browser sends it."""
        form = next(form for form in Page(self.page().text).forms if "closeout" in form.action)
        data = form.values | values
        if given is not None:
            data["photo"] = FileStorage(io.BytesIO(given), filename=name)
        boundary, body = encode_multipart(data)  # the client's own way leaves a file of a large picture open
        kind = f"multipart/form-data; boundary={boundary}"
        return self.client.post(f"{self.at}/closeout{to}", data=body, content_type=kind)

    def kept(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(Photo.digest).order_by(Photo.place)))

    def minutes(self) -> list[int]:
        with self.app.app_context():
            return [ledger.total_minutes(one.id) for one in self.volunteers]

    def state(self) -> State:
        with self.app.app_context():
            return db.session.scalar(select(Event.state).where(Event.id == self.event.id))


@pytest.fixture
def evening(app):
    return Evening(app)


def test_one_sentence_says_who_is_there_and_whoever_forgot_to_sign_out(evening):
    page = evening.page().text
    assert "2 人到了，1 位志愿者来了，1 人报了名没来，1 位志愿者没有签退。" in page
    assert "钱*" in page and "钱进" not in page
    assert " checked" not in page  # nobody's leaving is filled in silently


@pytest.mark.both_databases
def test_one_tap_signs_a_volunteer_out_at_the_end(app):
    evening = Evening(app)
    code = f"end_{evening.volunteers[0].resident_id}"
    assert evening.close(**{code: "1"}).status_code == 303
    assert evening.minutes() == [120] and evening.state() is State.CLOSED_OUT
    with app.app_context():
        left = select(Attendance.left_at).where(Attendance.part == Part.VOLUNTEER)
        assert db.session.scalars(left).all() == [evening.event.ends_at]


def test_without_a_choice_nothing_is_credited_and_it_says_so(evening):
    assert evening.close().status_code == 303
    assert evening.minutes() == [0]
    page = evening.page().text
    assert "1 位没有签退，不记" in page and "0.0 小时" in page


def test_one_tap_is_for_all_but_a_time_goes_before_it_and_who_came_late_is_left_out(app):
    evening = Evening(app)
    with app.app_context():
        evening.volunteers += [
            evening.helps("林秀", "19900004444"),
            evening.helps("周平", "19900005555", came=evening.now),
        ]
    early = clock.local(evening.event.starts_at + timedelta(hours=1)).strftime("%H:%M")
    assert "2 位都到结束" in evening.page().text  # the third came after the end
    done = evening.close(end_all="1", **{f"out_{evening.volunteers[1].resident_id}": early})
    assert done.status_code == 303
    assert evening.minutes() == [120, 30 if clock.local(evening.event.starts_at).second else 60, 0]


def test_wrong_numbers_and_times_are_said_where_they_are_and_keep_everything_typed(evening):
    person = evening.volunteers[0].resident_id
    wrong = evening.close(
        **{"heads_60-64": "五个", "heads_80+": "7", f"out_{person}": "25:00", "note": "下雨"}
    )
    assert wrong.status_code == 422 and "还有 2 处要改" in wrong.text and evening.state() is State.PUBLISHED
    for kept in ('value="五个"', 'value="7"', 'value="25:00"', ">下雨</textarea>"):
        assert kept in wrong.text
    assert wrong.text.count("<details open>") == 2  # what is wrong is not folded away
    done = evening.client.submit(wrong, {"heads_60-64": "５", f"out_{person}": ""}, to="closeout")
    assert done.status_code == 303
    page = evening.page().text
    assert "60-64 岁 5、80+ 岁 7" in page and "下雨" in page


def test_before_the_end_it_says_what_can_be_done_already(app):
    evening = Evening(app, ended=timedelta(hours=-1))
    page = evening.page().text
    assert "以后可以归档。现在就可以" in page and "还有 1 人没到" in page and "归档，并记入" not in page
    assert evening.send("/photos", pictures.picture()).location == f"{evening.at}/closeout#photos"
    assert len(evening.kept()) == 1


def test_afterwards_it_says_what_was_frozen_and_how_to_put_it_right(evening):
    person = evening.volunteers[0].resident_id
    assert (
        evening.close(**{f"end_{person}": "1", "heads_7-13": "4", "note": "顺利"}).location
        == f"{evening.at}/closeout"
    )
    page = evening.page().text
    assert (
        "已归档" in page
        and "7-13 岁 4" in page
        and "2.0 小时" in page
        and "顺利" in page
        and "去重新打开" in page
    )
    assert evening.client.submit(evening.at, {"reason": "漏记一人"}, to="reopening").status_code == 303
    again = evening.page()
    assert 'value="4"' in again.text and "顺利</textarea>" in again.text  # all of it stands in the form again
    evening.client.submit(again, to="closeout")
    assert "顺利" in evening.page().text


# --- pictures -----------------------------------------------------------------------------------------------------


def test_a_picture_is_kept_at_once_and_what_was_typed_comes_back(evening):
    answer = evening.send("/photos", pictures.with_place(), **{"heads_60-64": "5", "note": "下雨"})
    assert answer.status_code == 200 and len(evening.kept()) == 1
    assert 'value="5"' in answer.text and ">下雨</textarea>" in answer.text
    again = evening.send("/photos", pictures.with_place())
    assert (again.status_code, len(evening.kept())) == (303, 1)  # the same one is harmless


def test_a_picture_chosen_before_a_mistake_is_not_lost(evening):
    wrong = evening.send("", pictures.picture(), **{"heads_60-64": "五"})
    assert wrong.status_code == 422 and len(evening.kept()) == 1 and "第 1 张照片" in wrong.text


@pytest.mark.parametrize(
    ("given", "name", "status", "said"),
    [
        (None, "", 422, "还没有选照片"),
        (pictures.SVG, "a.svg", 422, "不是照片"),
        (pictures.zipped(), "a.jpg", 422, "不是照片"),
        (pictures.HEIC, "a.heic", 422, "HEIC"),
        (pictures.picture(900, 900)[:2000], "a.jpg", 422, "没有传完整"),
        (pictures.bomb(), "a.png", 422, "像素太多"),
        (pictures.picture() + bytes(11 * 1024 * 1024), "a.jpg", 413, "超过 10 MB"),
    ],
    ids=["nothing", "svg", "zip", "heic", "cut off", "bomb", "11 MB"],
)
def test_what_is_no_picture_is_a_sentence_and_nothing_is_kept(evening, given, name, status, said):
    answer = evening.send("/photos", given, name, note="下雨")
    assert answer.status_code == status and said in answer.text and ">下雨</textarea>" in answer.text
    assert evening.kept() == []
    if given:  # pressed together with the close-out, nothing is closed
        assert evening.send("", given, name).status_code == status and evening.state() is State.PUBLISHED


def test_a_body_beyond_everything_is_a_sentence_too(evening):
    answer = evening.send("/photos", pictures.picture() + bytes(13 * 1024 * 1024))
    assert answer.status_code == 413 and "10 MB" in answer.text and evening.kept() == []


def test_a_fourth_picture_is_refused_and_a_removed_one_makes_room_and_is_written_down(evening):
    for n in range(3):
        assert evening.send("/photos", pictures.picture(40 + n, 30)).status_code == 303
    page = evening.page().text
    assert 'type="file"' not in page and page.count("删掉") == 3
    full = evening.send("/photos", pictures.picture(50, 30))
    assert full.status_code == 409 and "已经有 3 张" in full.text
    first = evening.kept()[0]
    assert evening.send("/photos/removal", None, remove=first).status_code == 303
    assert first not in evening.kept() and len(evening.kept()) == 2
    assert evening.client.get(f"{evening.at}/photos/{first}.jpg").status_code == 404
    root = evening.app.test_client()
    with evening.app.app_context():
        cast.sign_in(root, cast.staff("审计甲", evening.people.center, Role.AUDITOR))
    log = root.get("/desk/audit/").text
    assert log.count("放活动照片") >= 3 and "删活动照片" in log


def test_pictures_are_taken_after_the_close_out_too_and_nothing_else_changes(evening):
    assert evening.close().status_code == 303
    assert evening.send("/photos", pictures.picture()).status_code == 303
    assert evening.send("/photos/removal", None, remove=evening.kept()[0]).status_code == 303
    assert evening.kept() == [] and evening.state() is State.CLOSED_OUT


def test_staff_who_may_see_the_event_see_its_pictures_and_nobody_else_does(app, evening):
    evening.send("/photos", pictures.with_place())
    address = f"{evening.at}/photos/{evening.kept()[0]}.jpg"
    answer = evening.client.get(address)
    assert answer.mimetype == "image/jpeg" and answer.headers["Cache-Control"] == "private, no-cache"
    assert b"CANARY" not in answer.data and dict(pictures.opened(answer.data).getexif()) == {}
    assert evening.client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert address in evening.client.get(evening.at).text
    with app.app_context():
        helper = cast.staff("何帮手", evening.people.two, Role.HELPER)
        other = cast.event(evening.people.one).code
    for who, status in (
        (evening.people.chen, 200),
        (evening.people.ma, 404),
        (helper, 404),
        (evening.people.zhao, 403),
    ):
        client = cast.signed_in(app, who)
        assert client.get(address).status_code == status
    assert app.test_client().get(address).status_code == 303
    assert evening.client.get(f"/desk/events/{other}/photos/{evening.kept()[0]}.jpg").status_code == 404
    public = app.test_client().get(f"/events/{evening.event.code}").text
    assert "photos" not in public


def test_a_picture_of_an_event_that_is_called_off_is_not_taken(app):
    people = cast.district(app)
    client = cast.signed_in(app, people.lin)
    with app.app_context():
        soon = cast.event(people.one, starts_at=clock.now() + timedelta(hours=3))
    page = client.get(f"/desk/events/{soon.code}/closeout").text
    assert "以后可以放照片" not in page and 'type="file"' not in page
    with app.app_context():
        assert photos.list_photos(soon.id) == []
        assert db.session.scalar(select(func.count()).select_from(Photo)) == 0
