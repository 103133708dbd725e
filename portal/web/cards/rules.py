"""Whom a service is for, in words: its rules as their owner wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.domain.professions import PROFESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.access_rules import Access, Rule

_APPROVALS = {"autorisasjon": _("autorisasjon"), "lisens": _("lisens")}
_ROLES = {
    "kommuneoverlege": _("kommuneoverlege"),
    "fastlege": _("fastlege"),
    "vikar": _("vikar"),
    "sjomannslege": _("sjømannslege"),
    "medhjelper": _("medhjelper"),
    "admin": _("administrator"),
}
_UNNAMED = {
    "requisition_rights": _("en bestemt rekvisisjonsrett"),
    "specialities": _("en bestemt spesialitet"),
    "municipalities": _("bestemte kommuner"),
    "organizations": _("bestemte kontorer"),
}


def rule_texts(access: Access) -> tuple[str, ...]:
    """Say each alternative; one of them must hold in full."""
    return tuple(", ".join(_parts(rule)) for rule in access.rules)


def _parts(rule: Rule) -> Iterator[str]:
    if rule.professions:
        yield _either(*(PROFESSIONS.get(code, code).lower() for code in rule.professions))
    if rule.authorization:
        yield _either(*(str(_APPROVALS[kind]) for kind in rule.authorization))
    if rule.roles:
        yield _either(*(str(_ROLES[role]) for role in rule.roles))
    yield from (str(text) for field, text in _UNNAMED.items() if getattr(rule, field))
    if rule.min_security_level:
        yield gettext("sikkerhetsnivå %(level)s", level=rule.min_security_level)


def _either(*words: str) -> str:
    return str(_(" eller ")).join(words)
