"""What comes in about issuers."""

from flask_babel import lazy_gettext as _

from stationapp.certificates.rules import IssuerFields
from stationapp.web.forms import Form, TextField


class IssuerForm(Form):
    """What must stand on an issuer's certificates."""

    legal_name = TextField(_("法人单位全称"), most=60, needed=True)
    in_charge = TextField(_("负责人"), most=30, needed=True)
    handler = TextField(_("经办人"), most=30, needed=True)
    contact = TextField(_("联系方式"), most=60, needed=True)

    def fields(self) -> IssuerFields:
        """As the operation takes them."""
        return IssuerFields(self.legal_name.data, self.in_charge.data, self.handler.data, self.contact.data)
