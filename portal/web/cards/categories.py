"""The categories of the catalogue as headings."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

CATEGORIES = {
    "smittevern": _("Smittevern"),
    "helseregister": _("Helseregistre"),
    "dodsfall": _("Dødsfall"),
    "nav": _("Nav"),
    "arbeid": _("Arbeid"),
    "forerrett": _("Førerrett"),
    "attest": _("Attester"),
    "legemidler_refusjon": _("Legemidler og refusjon"),
    "hendelser": _("Uønskede hendelser"),
    "kommune": _("Kommune"),
    "oppslag": _("Oppslag"),
    "kunnskap": _("Kunnskap"),
}
