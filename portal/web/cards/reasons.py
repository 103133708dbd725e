"""Why a service has no button, or what to know before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from portal.domain.access import Reason

if TYPE_CHECKING:
    from portal.domain.catalogue import Service

_REASONS = {
    Reason.NOT_SIGNED_IN: _("Logg inn for å åpne."),
    Reason.NO_RULE: _("Eieren har ikke sagt hvem den er for."),
    Reason.PROFESSION: _("Er for andre yrkesgrupper enn din."),
    Reason.AUTHORIZATION: _("Krever autorisasjon eller lisens."),
    Reason.SPECIALITY: _("Krever en spesialitet du ikke har i HPR."),
    Reason.REQUISITION_RIGHT: _("Krever rekvisisjonsrett."),
    Reason.ROLE: _("Krever en rolle du ikke er tildelt."),
    Reason.ORGANISATION: _("Er ikke åpen for kontoret ditt."),
    Reason.MUNICIPALITY: _("Er ikke åpen for kommunen din."),
    Reason.SECURITY_LEVEL: _("Logg inn med et høyere sikkerhetsnivå for å åpne."),
    Reason.RETIRED: _("Er lagt ned."),
    Reason.PLANNED: _("Kommer senere."),
    Reason.NEEDS_PATIENT: _("Åpne pasienten i journalen først."),
    Reason.NEEDS_ENCOUNTER: _("Åpne konsultasjonen i journalen først."),
    Reason.DONE_IN_EPJ: _("Gjøres i journalsystemet."),
    Reason.BY_PHONE: _("Gjøres på telefon."),
    Reason.NO_ADDRESS: _("Nettadressen er ikke kjent ennå."),
    Reason.PATIENT_NOT_SENT: _("Pasienten følger ikke med."),
    Reason.NO_WRITEBACK: _("Kopien kommer ikke tilbake til journalen."),
    Reason.MAINTENANCE: _("Vedlikehold nå: tjenesten kan være nede."),
    Reason.FAULT: _("Driftsforstyrrelse nå: tjenesten kan være nede."),
}
_OTHER_NETWORK = {"helsenett": _("Åpnes bare fra helsenettet."), "internett": _("Åpnes bare fra internett.")}


def reason_text(reason: Reason, service: Service) -> str:
    """Say why a service is closed, or what to know before it is opened."""
    if reason is Reason.OTHER_NETWORK:
        return str(_OTHER_NETWORK[next(end.zone for end in service.endpoints if end.env == "prod")])
    return str(_REASONS[reason])
