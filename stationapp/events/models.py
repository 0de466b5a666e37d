"""Series and events (活动, 场次), with the log of every step an event took."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.events.rules import (
    AroundHolidays,
    BatchKind,
    Cadence,
    Category,
    Enrolment,
    Pattern,
    Residence,
    State,
    Step,
    Task,
    Theme,
)


class Batch(Base):
    """Drafts written at once, so that they can be taken back at once."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    kind: Mapped[BatchKind]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Series(Base):
    """An announcement with one or more dates.

    The rule its dates were made by is on record, so that it can be shown and gone on with; what is held when is
    said by the events alone. `weekdays` holds the digits of the weekdays, Monday 0: "02".
    """

    __tablename__ = "series"
    __table_args__ = (
        CheckConstraint("every > 0", name="every"),
        CheckConstraint("complete_after IS NULL OR complete_after > 0", name="complete_after"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    title: Mapped[str]
    cadence: Mapped[Cadence]
    made_at: Mapped[datetime]
    enrolment: Mapped[Enrolment] = mapped_column(default=Enrolment.PER_EVENT)
    complete_after: Mapped[int | None]  # so many attendances complete the course; None: nothing is said
    pattern: Mapped[Pattern | None]  # None: its dates were given one by one
    every: Mapped[int] = mapped_column(default=1)
    weekdays: Mapped[str] = mapped_column(default="")
    nth: Mapped[int | None]
    month_day: Mapped[int | None]
    around_holidays: Mapped[AroundHolidays] = mapped_column(default=AroundHolidays.HOLD)
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]  # the last day the rule was followed to


class Event(Base):
    """One dated occurrence; all counting is on events.

    `taken` counts confirmed, offered and held places and `waiting` the people who wait; they are kept by
    `signups` in the statement that moves a place, so that a list never counts sign-ups.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity"),
        CheckConstraint("taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name="seats"),
        CheckConstraint("waiting >= 0 AND queued >= 0", name="queue"),
        CheckConstraint("phone_seats >= 0 AND phone_taken >= 0", name="phone"),
        CheckConstraint("(phone_seats > 0) = (phone_until_at IS NOT NULL)", name="phone_until"),
        CheckConstraint("home_limit IS NULL OR home_limit > 0", name="home_limit"),
        CheckConstraint("min_age IS NULL OR max_age IS NULL OR min_age <= max_age", name="ages"),
        CheckConstraint("closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at", name="window"),
        Index("ix_events_site_starts", "site_id", "starts_at"),
        Index("ix_events_state_starts", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), index=True)
    state: Mapped[State] = mapped_column(default=State.DRAFT)

    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")  # one plain sentence, ≤ 40 characters
    category: Mapped[Category | None]
    task: Mapped[Task | None]
    audience: Mapped[str] = mapped_column(default="")  # in words: 60岁以上老人
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    place: Mapped[str] = mapped_column(default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    capacity: Mapped[int | None]
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    residence: Mapped[Residence] = mapped_column(default=Residence.ANYONE)
    audience_only: Mapped[bool] = mapped_column(default=False)  # who signs up says to belong to it
    home_limit: Mapped[int | None]  # places one household may take by itself; None: PARTY_LIMIT
    phone_seats: Mapped[int] = mapped_column(default=0)  # kept back for those who call or come to the desk
    phone_until_at: Mapped[datetime | None]  # until then; set exactly when seats are kept back
    draw_at: Mapped[datetime | None]  # places are drawn by lot then; who signs up before waits for it
    bring: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    contact_phone: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")  # for residents: 雨天顺延
    remark: Mapped[str] = mapped_column(default="")  # for the desk alone
    break_minutes: Mapped[int] = mapped_column(default=0)
    source: Mapped[str | None] = mapped_column(unique=True)  # fingerprint of the file row it was made from

    taken: Mapped[int] = mapped_column(default=0)
    phone_taken: Mapped[int] = mapped_column(default=0)  # of these, callers' and their holds
    waiting: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)  # last queue number given out

    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    published_at: Mapped[datetime | None]
    closed_out_at: Mapped[datetime | None]


class EventTheme(Base):
    """A theme of an event."""

    __tablename__ = "event_themes"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    theme: Mapped[Theme] = mapped_column(primary_key=True)


class EventPartner(Base):
    """A site that holds an event together with the lead; figures count at the lead alone."""

    __tablename__ = "event_partners"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)


class EventShared(Base):
    """Something that goes round and an event asks for, besides its room."""

    __tablename__ = "event_shared"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), primary_key=True)


class EventMove(Base):
    """When and where a published event was to be before it was moved: append-only, for those who must be told."""

    __tablename__ = "event_moves"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="times"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class EventStep(Base):
    """A step an event took: append-only, so that its state can be traced."""

    __tablename__ = "event_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    step: Mapped[Step]
    from_state: Mapped[State]
    to_state: Mapped[State]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(default="")
