"""What staff write about accounts."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from stationapp.accounts.rules import PASSWORD_LONGEST, Role
from stationapp.sites.models import Site
from stationapp.web.forms import TextField
from stationapp.web.words import word

_needed = InputRequired(_("请填写"))
_short_enough = Length(max=PASSWORD_LONGEST, message=_("太长了"))
_new = {"autocomplete": "new-password"}


class SignInForm(FlaskForm):
    """Login name and password."""

    login = StringField(
        _("登录名"),
        [_needed, Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        _("密码"), [_needed, _short_enough], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


class InvitationForm(FlaskForm):
    """The login name and the first password."""

    login = StringField(
        _("登录名"),
        [_needed, Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(_("密码"), [_needed, _short_enough], render_kw=_new)


class PasswordForm(FlaskForm):
    """Another password of one's own."""

    present = PasswordField(
        _("现在的密码"), [_needed, _short_enough], render_kw={"autocomplete": "current-password"}
    )
    password = PasswordField(_("新密码"), [_needed, _short_enough], render_kw=_new)


class RoleForm(FlaskForm):
    """A role at one of the sites the user reaches."""

    site = SelectField(_("阵地"), [_needed])
    role = SelectField(_("角色"), [_needed])

    def __init__(self, sites: Iterable[Site], **given: object) -> None:
        super().__init__(**given)
        self.site.choices = [(site.code, site.short_name) for site in sites]
        self.role.choices = [(role.value, word(role)) for role in Role]


class StaffForm(RoleForm):
    """A new member of staff with their first role."""

    name = TextField(_("姓名"), most=40, needed=True, render_kw={"autocomplete": "off"})
