"""What to know before the click: how one is signed on, what goes along, from which network, what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.domain.catalogue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.catalogue import Service
    from portal.domain.client_registration import Handover


class Tag(NamedTuple):
    """A few words, and one of the design system's colours for what helps the clinician; the rest is plain text."""

    text: str
    color: str | None = None


SENT = {
    "patient_number": _("pasienten"),
    "hpr": _("HPR-nummeret ditt"),
    "organisation": _("kontoret"),
    "her_id": _("kontorets HER-id"),
    "encounter": _("konsultasjonen"),
}
_LOGINS = {
    "helseid": _("Egen innlogging: HelseID"),
    "idporten": _("Egen innlogging: ID-porten"),
    "eid": _("Egen innlogging: BankID eller annen eID"),
    "altinn": _("Egen innlogging: Altinn"),
    "username_password": _("Egen innlogging: brukernavn og passord"),
    "epj": _("Logget inn i journalsystemet"),
    "none": _("Ingen innlogging"),
}
_NETWORKS = {
    frozenset({"helsenett"}): _("Bare helsenettet"),
    frozenset({"internett"}): _("Internett"),
    frozenset({"helsenett", "internett"}): _("Begge nett"),
}


def tags(service: Service, handover: Handover | None) -> tuple[Tag, ...]:
    """Say it of a service at its effective level; `handover` is what its client gets, if it has one."""
    return tuple(_tags(service, handover))


def _tags(service: Service, handover: Handover | None) -> Iterator[Tag]:
    if service.status.state == "pilot":
        yield Tag(str(_("Pilot")), "neutral")
    if service.level is Level.EPJ_ONLY:
        return
    yield _signed_on(service)
    yield _sent(service, handover)
    networks = frozenset(end.zone for end in service.endpoints if end.env == "prod")
    if networks in _NETWORKS:
        yield Tag(str(_NETWORKS[networks]))
    yield _returned(service, handover)


def _signed_on(service: Service) -> Tag:
    if service.level in {Level.SSO, Level.SSO_CONTEXT}:
        return Tag(str(_("Engangspålogging")), "success")
    return Tag(str(_LOGINS[service.login.methods[0]]))


def _sent(service: Service, handover: Handover | None) -> Tag:
    if handover is None and service.patient == "required":
        return Tag(str(_("Pasienten følger ikke med")))
    if handover is None or not handover.release:
        return Tag(str(_("Ingenting sendes med")))
    return Tag(gettext("Sendes med: %(what)s", what=", ".join(str(SENT[one]) for one in handover.release)), "info")


def _returned(service: Service, handover: Handover | None) -> Tag:
    by, how = service.writeback.by, service.writeback.mechanisms
    if by == "portal" and handover is not None and handover.writeback:
        return Tag(str(_("Kopi til journalen")), "brand1")
    if by == "service" and service.writeback.verified != "verified":
        return Tag(str(_("Kopi til journalen er ikke bekreftet")))
    if by == "service":
        return Tag(str(_("Tjenesten skriver selv til journalen")))
    if by == "user" and how:
        return Tag(str(_("Du legger selv kopien i journalen")))
    return Tag(str(_("Ingenting til journalen")))
