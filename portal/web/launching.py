"""Making a launch: one row, one handle, one address; and saying beforehand what it sends along."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _

from portal.domain.catalogue import Level
from portal.domain.launch import Launch, opaque_patient
from portal.errors import LaunchRejected
from portal.store import audit, launches, people, registry
from portal.web import once
from portal.web.acts import act
from portal.web.guards import login
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from portal.domain.audit import AuditEvent
    from portal.domain.catalogue import Service
    from portal.domain.context import Context
    from portal.domain.registration import Client, Handover

_SENT = {
    "patient_number": _("pasientens fødselsnummer"),
    "hpr": _("HPR-nummeret ditt"),
    "organisation": _("kontoret ditt"),
    "her_id": _("kontorets adresse for meldinger"),
    "encounter": _("konsultasjonen"),
}


def sent_along(handover: Handover | None) -> list[str]:
    """What the target learns, in the clinician's words."""
    return [str(_SENT[release]) for release in handover.release] if handover else []


def writeback(handover: Handover | None, context: Context) -> str | None:
    """`on`, `off` (the journal has given no address) or None (this service does not write back by us)."""
    if handover is None or not handover.writeback:
        return None
    return "on" if context.can_take_messages else "off"


def begin(service: Service, context: Context | None) -> str:
    """Remember the launch and return the address to go to; a context goes along only by `sso_context`."""
    portal = parts()
    address = service.address(zone())
    client = None
    if service.level is Level.SSO_CONTEXT:
        with portal.database.read() as session:
            client = registry.client_of_service(session, service.id)
    if address is None or (service.level is Level.SSO_CONTEXT and client is None):
        raise LaunchRejected("service_closed")
    launch = _launch(service, context, client)
    handle, lives = portal.token(), portal.settings.lifetimes
    with portal.database.write() as session:
        launches.begin(session, launch)
        people.use(session, launch.sub, login().office, service.id, launch.created_at)
        if client:
            until, keep = launch.created_at + lives.launch, launch.created_at + lives.writeback
            once.put(session, "launch", handle, launch.id, client=client.client_id, until=until, keep=keep)
        audit.record(session, _act(launch, context))
    if client is None:
        return address
    separator = "&" if "?" in client.launch_url else "?"
    return f"{client.launch_url}{separator}{urlencode({'iss': portal.settings.fhir_issuer, 'launch': handle})}"


def _launch(service: Service, context: Context | None, client: Client | None) -> Launch:
    portal, who = parts(), login()
    office = context.organisation if context else who.organisation
    return Launch(
        id=portal.token(),
        context_id=context.id if context and client else None,
        service_id=service.id,
        client_id=client.client_id if client else None,
        sub=who.person.sub,
        session_hash=who.key_hash,
        patient_id=opaque_patient(portal.token()) if context and client else None,
        created_at=portal.now(),
        organisation=office.label if office else None,
    )


def _act(launch: Launch, context: Context | None) -> AuditEvent:
    """The patient is named only where the patient was sent along."""
    office = context.organisation if context else login().organisation
    sent = context if launch.context_id else None
    actor, subject, basis = f"person {launch.sub}", f"launch {launch.id}", f"service {launch.service_id}"
    return act("launch", actor=actor, subject=subject, basis=basis, context=sent, organisation=office)
