"""Pictures: what is left of them, and what is not taken."""

import io
import random
import subprocess
import sys
from datetime import timedelta

import pytest
from PIL import Image, ImageCms
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from stationapp import clock
from stationapp.attendance import photos
from stationapp.attendance.models import Photo
from stationapp.attendance.photo_rules import LARGEST, LONGEST, PhotoRefusal, is_plain, window_problem
from stationapp.config import ROOT
from stationapp.db import db, transaction
from stationapp.events.rules import State
from stationapp.refusal import NotFound, Refused
from tests import cast
from tests.attendance import pictures

HOSTILE = {
    "nothing": (b"", PhotoRefusal.NOT_CHOSEN),
    "bomb": (pictures.bomb(), PhotoRefusal.TOO_MANY_PIXELS),
    "cut off": (pictures.picture(1200, 900)[:3000], PhotoRefusal.BROKEN),
    "png without pixels": (pictures.bomb(4000)[:60], PhotoRefusal.BROKEN),
    "svg": (pictures.SVG, PhotoRefusal.NOT_A_PICTURE),
    "zip": (pictures.zipped(), PhotoRefusal.NOT_A_PICTURE),
    "gif": (b"GIF89a" + bytes(300), PhotoRefusal.NOT_A_PICTURE),
    "heic": (pictures.HEIC, PhotoRefusal.HEIC),
    "11 MB": (pictures.picture() + bytes(11 * 1024 * 1024), PhotoRefusal.TOO_LARGE),
    "noise behind a right beginning": (b"\xff\xd8\xff" + random.Random(3).randbytes(5000), PhotoRefusal.BROKEN),
    "webp that is none": (b"RIFF\x00\x10\x00\x00WEBPVP8 " + bytes(4000), PhotoRefusal.BROKEN),
}  # fmt: skip


@pytest.mark.parametrize("given", [pictures.with_place(), pictures.with_words(), pictures.webp()])
def test_nothing_of_the_camera_is_left_in_a_picture(given):
    assert pictures.CANARY in given
    kept = photos.encode(given)
    assert b"CANARY" not in kept and is_plain(kept) and not is_plain(given)
    image = pictures.opened(kept)
    assert dict(image.getexif()) == {} and image.getexif().get_ifd(0x8825) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_picture_comes_out_upright_and_small():
    tall = pictures.opened(photos.encode(pictures.with_place(orientation=6)))
    assert tall.size == (300, 400)
    red, blue = tall.getpixel((150, 30)), tall.getpixel((150, 370))
    assert red[0] > 150 > red[2] and blue[2] > 150 > blue[0]  # the left of the chip is the top of the picture
    large = pictures.opened(photos.encode(pictures.picture(4000, 3000)))
    assert large.size == (LONGEST, LONGEST * 3 // 4)


def test_what_could_be_seen_through_is_white():
    assert pictures.opened(photos.encode(pictures.with_words())).getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["L", "P", "1", "CMYK", "YCbCr", "LA", "I;16"])
def test_grey_printed_and_indexed_pictures_come_out_too(kind):
    image = Image.new(kind, (60, 40))
    out = io.BytesIO()
    image.save(out, "JPEG" if kind in ("CMYK", "YCbCr") else "PNG")
    kept = pictures.opened(photos.encode(out.getvalue()))
    assert (kept.mode, kept.size) == ("RGB", (60, 40))


def test_a_colour_profile_is_worked_in_and_one_that_is_none_does_no_harm():
    right = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (right, b"CANARY" * 50):
        kept = photos.encode(pictures.picture(icc_profile=profile))
        red = pictures.opened(kept).getpixel((30, 30))
        assert is_plain(kept) and abs(red[0] - 200) < 6 and abs(red[2] - 20) < 6


def test_words_of_a_camera_that_cannot_be_read_do_no_harm():
    assert is_plain(photos.encode(pictures.picture(exif=b"Exif\0\0II*\0" + b"\xff" * 60)))


def test_a_moving_picture_stands_still():
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    assert pictures.opened(photos.encode(out.getvalue())).getpixel((9, 9))[0] > 200


def test_a_picture_with_anything_more_in_it_is_not_plain():
    plain = photos.encode(pictures.picture(40, 30))
    head, rest = plain[:20], plain[20:]  # the start and JFIF's segment
    comment = b"\xff\xfe\x00\x08CANARY"
    assert is_plain(head + rest)
    for other in (
        head + comment + rest,
        plain + b"x",
        plain[:-2],
        head,
        b"",
        b"\xff\xd8" + b"\xff\xe0\x00\x08AVI1\0\0" + rest,
    ):
        assert not is_plain(other)


def test_one_picture_waits_for_another_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(photos, "_WAIT", 0)
    with photos._ONE, pytest.raises(Refused) as refused:
        photos.encode(pictures.picture())
    assert refused.value.reason is PhotoRefusal.BUSY
    assert is_plain(photos.encode(pictures.picture()))


@pytest.mark.parametrize(
    ("code", "out", "raised"),
    [(-9, b"", Refused), (1, b"", RuntimeError), (0, pictures.with_place(), RuntimeError)],
    ids=["killed", "cannot start", "answers with what the camera wrote"],
)
def test_what_a_child_does_wrong_is_never_kept(monkeypatch, code, out, raised):
    ended = subprocess.CompletedProcess([], code, out, b"")
    monkeypatch.setattr(photos.subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(raised):
        photos.encode(pictures.picture())


def test_a_child_that_hangs_is_given_up(monkeypatch):
    def hangs(*_, timeout, **__):
        raise subprocess.TimeoutExpired("encode", timeout)

    monkeypatch.setattr(photos.subprocess, "run", hangs)
    with pytest.raises(Refused) as refused:
        photos.encode(pictures.picture())
    assert refused.value.reason is PhotoRefusal.BROKEN


@pytest.mark.parametrize(("given", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_picture_is_refused_with_its_reason(given, reason):
    with pytest.raises(Refused) as refused:
        photos.encode(given)
    assert refused.value.reason is reason


_BOMBS = """
import resource
from stationapp.attendance import photos
from stationapp.refusal import Refused
from tests.attendance import pictures
for side in (50_000, 7_100):  # far too many pixels, and a few too many
    try:
        photos.encode(pictures.bomb(side))
    except Refused:
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_bomb_takes_no_memory_to_refuse():
    # In a process of its own: the children of this one have been larger than any picture's.
    said = subprocess.run(
        [sys.executable, "-c", _BOMBS], capture_output=True, text=True, check=True, cwd=ROOT
    )
    taken = [int(line) for line in said.stdout.split()]
    assert len(taken) == 2 and 0 < max(taken) < 1024 * 1024  # kilobytes


def test_an_event_takes_pictures_from_an_hour_before_it_until_a_month_after_it():
    starts = clock.now()
    ends, hour = starts + timedelta(hours=2), timedelta(hours=1)
    given = [
        (State.DRAFT, starts),
        (State.CANCELLED, ends),
        (State.PUBLISHED, starts - hour - timedelta(seconds=1)),
        (State.PUBLISHED, starts - hour),
        (State.PUBLISHED, ends + timedelta(days=300)),
        (State.CLOSED_OUT, ends + timedelta(days=30)),
        (State.CLOSED_OUT, ends + timedelta(days=30, seconds=1)),
    ]
    assert [window_problem(state, starts, ends, now) for state, now in given] == [
        PhotoRefusal.NOT_ON, PhotoRefusal.NOT_ON, PhotoRefusal.TOO_EARLY, None, None, None, PhotoRefusal.TOO_LATE,
    ]  # fmt: skip


@pytest.fixture
def held(app):
    people = cast.district(app)
    with app.app_context():
        yield people, cast.event(people.one, starts_at=clock.now() - timedelta(hours=1))


def keep(held, jpeg: bytes) -> str:
    people, event = held
    with transaction():
        return photos.add_photo(event, jpeg, by=people.lin.id, now=clock.now())


def places(event) -> list[int]:
    return [one.place for one in photos.list_photos(event.id)]


@pytest.mark.both_databases
def test_three_pictures_at_most_the_same_one_once_and_a_removed_ones_place_is_free(held):
    event = held[1]
    made = [photos.encode(pictures.picture(40 + n, 30)) for n in range(4)]
    first, second, _third = (keep(held, one) for one in made[:3])
    assert keep(held, made[0]) == first and places(event) == [1, 2, 3]
    with pytest.raises(Refused) as refused:
        keep(held, made[3])
    assert refused.value.reason is PhotoRefusal.FULL
    with transaction():
        for _ in range(2):
            photos.remove_photo(event, second, by=None, now=clock.now())
    assert places(event) == [1, 3]
    with pytest.raises(NotFound):
        photos.get_jpeg(event.id, second)
    assert photos.get_jpeg(event.id, keep(held, made[3])) == made[3] and places(event) == [1, 2, 3]


@pytest.mark.both_databases
@pytest.mark.parametrize("place", [0, 2, 4])
def test_the_database_itself_takes_no_fourth_picture(held, place):
    event = held[1]
    for n in range(3):
        keep(held, photos.encode(pictures.picture(40 + n, 30)))
    row = {"event_id": event.id, "place": place, "jpeg": b"x", "digest": "x", "added_at": clock.now()}
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(insert(Photo).values(row))
    assert db.session.scalar(select(func.count()).select_from(Photo)) == 3


def test_a_picture_of_just_the_size_is_looked_at():
    with pytest.raises(Refused) as refused:
        photos.encode(b"\xff\xd8\xff" + bytes(LARGEST - 3))
    assert refused.value.reason is PhotoRefusal.BROKEN  # not TOO_LARGE
