"""The desk's page of devices: enrol one, show its link once, see where they are, revoke one at once."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, Select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.db import db, transaction
from stationapp.devices import operations
from stationapp.devices.forms import DeviceForm
from stationapp.devices.queries import get_device, list_devices
from stationapp.devices.rules import DeviceRefusal, Standing, standing
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where
from stationapp.vault import vault
from stationapp.web.errors import sentence
from stationapp.web.filters import stamp
from stationapp.web.paging import paged
from stationapp.web.qr import png
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("devices", __name__, url_prefix="/devices")

USUAL_DAYS = 30
"""What the form proposes."""

MOST_EXPORTED = 5_000


@bp.get("/")
def index():
    """The devices within reach, and the form for another one; after enrolling, its link, this once."""
    today = clock.day_of(clock.now())
    proposed = {"from_on": today, "until_on": today + timedelta(days=USUAL_DAYS - 1)}
    return _page(DeviceForm(_sites(), formdata=None, data=proposed))


def _page(form: DeviceForm) -> str:
    link = _link_shown_once() if request.method == "GET" else None
    page = paged(_asked(), scalars=False)
    return render_template(
        "desk/devices/index.html",
        form=form,
        page=page,
        rows=_standing(page.rows),
        link=link,
        code=b64encode(png(link)).decode() if link else "",
        sites=_sites(),
        wanted_site=request.args.get("site", ""),
        wanted=request.args.get("standing", ""),
        Standing=Standing,
    )


def _sites() -> list[Site]:
    sites = list_where(reached(guard.reach()))
    if not sites:
        raise NotFound
    return sites


def _asked() -> Select:
    """The devices the address asks for."""
    now, args = clock.now(), request.args
    wanted = next((case for case in Standing if case.value == args.get("standing")), None)
    site = args.get("site", "").replace("\0", "")
    return list_devices(reached(guard.reach()), site=site, wanted=wanted, today=clock.day_of(now), now=now)


def _standing(rows: Iterable[Row]) -> list[tuple[Row, Standing]]:
    """The same devices, each with how it stands."""
    now = clock.now()
    return [(row, standing(row.Device, clock.day_of(now), now, followed=row.followed)) for row in rows]


@bp.post("/")
def enrol():
    """Another device; its link is shown on the page that follows."""
    form = DeviceForm(_sites())
    if not form.validate():
        return _page(form), 422
    site = get_site(form.site.data)
    guard.require(site.path)
    try:
        with transaction():
            device, link = operations.enrol(
                site,
                form.name.data,
                form.from_on.data,
                form.until_on.data,
                names_shown=form.names_shown.data,
                by=guard.user().staff_id,
                now=clock.now(),
            )
    except Refused as refused:
        fields = {DeviceRefusal.NAME_MISSING: form.name, DeviceRefusal.TOO_FAR: form.from_on}
        field = fields.get(refused.reason, form.until_on)
        field.errors = [sentence(refused)]
        return _page(form), 422
    session["device_link"] = b64encode(vault().seal(link)).decode()
    flash(_("登记好了：%(name)s。", name=device.name), "good")
    return redirect(url_for(".index"), code=303)


def _link_shown_once() -> str | None:
    """The address that takes up the device that was just enrolled; gone with the next look at the page."""
    sealed = session.pop("device_link", None)
    if sealed is None:
        return None
    link = vault().unseal(b64decode(sealed))
    return current_app.config["SETTINGS"].public_url + url_for("door.enrolment", link=link)


@bp.post("/<code>/revocation")
def revoke(code: str):
    """From now on the device reads and sends nothing; there is no way back but to enrol it anew."""
    device, site = get_device(code)
    guard.require(site.path)
    with transaction():
        ended = operations.revoke(device, by=guard.user().staff_id, now=clock.now())
    if ended:
        said = _("%(name)s 已经停用：它读不到名单，也交不了签到；下次连上网就清空自己。要再用，请重新登记。")
        flash(said % {"name": device.name}, "good")
    return redirect(url_for(".index"), code=303)


@bp.get("/list.csv")
def export():
    """The same list as a file."""
    head = [
        _("设备"),
        _("阵地"),
        _("从哪天"),
        _("到哪天"),
        _("按姓名找人"),
        _("状态"),
        _("最近连上"),
        _("谁登记的"),
        _("登记时间"),
        _("停用时间"),
    ]
    rows = (
        [
            row.Device.name,
            row.Site.short_name,
            row.Device.from_on.isoformat(),
            row.Device.until_on.isoformat(),
            _("可以") if row.Device.names_shown else _("不可以"),
            word(stands),
            stamp(row.Device.seen_at) if row.Device.seen_at else "",
            row.name or "",
            stamp(row.Device.made_at),
            stamp(row.Device.revoked_at) if row.Device.revoked_at else "",
        ]
        for row, stands in _standing(db.session.execute(_asked().limit(MOST_EXPORTED)))
    )
    return csv_answer(_("签到设备"), head, rows)
