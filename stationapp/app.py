"""The application factory: the only place that knows every page."""

from importlib import import_module

from flask import Blueprint, Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect

from stationapp import access, vault
from stationapp.accounts import guard
from stationapp.config import ROOT, Settings, load_keys, load_settings
from stationapp.db import db, engine_options, prepare
from stationapp.messages import further, switches
from stationapp.tables import metadata  # noqa: F401  every model is known from here on
from stationapp.web import assets, compress, errors, filters, headers, numbers, remember, words
from stationapp.web.proxy import LocalProxy

PUBLIC_PAGES = (
    "web.health",
    "web.view",
    "events.views",
    "events.views_series",
    "sites.views",
    "signups.views",
    "signups.views_draw",
    "signups.mine",
    "signups.mine_home",
    "residents.mine",
    "residents.views",
    "attendance.views",
    "opinions.views",
    "volunteers.views",
    "volunteers.views_questions",
    "teams.views",
    "certificates.views",
    "certificates.views_record",
    "reports.views",
    "publicity.views",
    "publicity.views_paper",
    "messages.views",
    "devices.views",
    "devices.views_scans",
)
"""Modules with a blueprint `bp` at the root."""

DESK_PAGES: tuple[str, ...] = (
    "today.desk",
    "accounts.desk",
    "accounts.desk_staff",
    "notices.desk",
    "audit.desk",
    "events.desk",
    "planning.desk",
    "events.desk_series",
    "events.desk_batches",
    "catalogue.desk",
    "catalogue.desk_takeover",
    "review.desk",
    "proposals.desk_suggest",
    "proposals.desk",
    "rooms.desk",
    "sites.desk",
    "importing.desk",
    "importing.desk_sheets",
    "jobs.desk",
    "reports.desk",
    "reports.desk_rows",
    "reports.desk_life",
    "reports.desk_evidence",
    "residents.desk",
    "residents.desk_duplicates",
    "signups.desk",
    "signups.desk_phone",
    "signups.desk_limits",
    "signups.desk_sheet",
    "messages.desk_calls",
    "messages.desk",
    "messages.desk_sending",
    "messages.desk_wordings",
    "attendance.desk",
    "attendance.desk_closeout",
    "attendance.desk_photos",
    "attendance.desk_progress",
    "attendance.desk_checkin",
    "attendance.desk_scans",
    "attendance.desk_signsheets",
    "opinions.desk",
    "opinions.desk_slips",
    "opinions.desk_asking",
    "cards.desk",
    "devices.desk",
    "volunteers.desk",
    "volunteers.desk_hours",
    "volunteers.desk_ledger",
    "volunteers.desk_questions",
    "teams.desk",
    "teams.desk_about",
    "scrutiny.desk",
    "scrutiny.desk_spots",
    "certificates.desk",
    "certificates.desk_record",
    "certificates.desk_issuers",
    "publicity.desk",
)
"""Modules with a blueprint `bp` under /desk, closed unless signed in."""

WORDS: tuple[str, ...] = (
    "calendar.words",
    "accounts.words",
    "notices.words",
    "rooms.words",
    "events.words",
    "planning.words",
    "review.words",
    "signups.words",
    "messages.words",
    "messages.sending_words",
    "residents.words",
    "cards.words",
    "devices.words",
    "attendance.words",
    "opinions.words",
    "volunteers.words",
    "scrutiny.words",
    "reports.life_words",
    "teams.words",
    "importing.words",
)
"""Modules with `WORDS`: how the cases of a feature's enums are said."""

TELLERS: tuple[str, ...] = ("volunteers.telling", "volunteers.telling_shifts", "certificates.telling")
"""Modules with `READERS`: how the facts of a message are read that stand right of messages."""

csrf = CSRFProtect()
babel = Babel()


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application for one instance; the database is migrated by the commands, not here."""
    settings = settings or load_settings()
    keys = load_keys(settings.instance)
    vault.use(keys)
    switches.use(sms=bool(settings.sms), email=bool(settings.smtp), public_url=settings.link_base)
    app = Flask(
        "stationapp",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(settings.instance),
    )
    app.config.update(
        SETTINGS=settings,
        ACCESS=access.TABLE,
        SECRET_KEY=keys.cookie,
        SQLALCHEMY_DATABASE_URI=settings.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.url),
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        PERMANENT_SESSION_LIFETIME=180 * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.wsgi_app = LocalProxy(app.wsgi_app)
    db.init_app(app)
    csrf.init_app(app)
    csrf.exempt(
        "stationapp.web.view.choose"
    )  # changes nothing but the look; saves every first visit a cookie
    csrf.exempt("stationapp.messages.views.sms")  # a gateway has a key in its address instead
    csrf.exempt("stationapp.devices.views_scans.create")  # reads JSON alone, which no form can make
    babel.init_app(app)
    with app.app_context():
        prepare(db.engine)
    for part in (numbers, compress, guard, assets, filters, headers, errors, remember):
        part.init_app(app)
    for name in TELLERS:
        further.teach(import_module(f"stationapp.{name}").READERS)
    words.init_app(app, (import_module(f"stationapp.{name}").WORDS for name in WORDS))
    _register(app)
    return app


def _register(app: Flask) -> None:
    app.before_request(guard.require_row)
    for name in PUBLIC_PAGES:
        app.register_blueprint(import_module(f"stationapp.{name}").bp)
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    desk.before_request(guard.require_staff)
    for name in DESK_PAGES:
        desk.register_blueprint(import_module(f"stationapp.{name}").bp)
    app.register_blueprint(desk)
