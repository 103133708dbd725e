"""Making a launch: one row, one handle, one address; and saying beforehand what it sends along."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _

from portal.domain.catalogue import Level
from portal.domain.launch import Launch, opaque_patient
from portal.domain.writeback_choice import Choice
from portal.errors import LaunchRejected
from portal.store import audit, choices, launches, people, registry
from portal.web import once
from portal.web.acts import act
from portal.web.guards import login
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from portal.domain.audit import AuditEvent
    from portal.domain.catalogue import Service
    from portal.domain.client_registration import Client, Handover
    from portal.domain.context import Context
    from portal.store.database import Session

_SENT = {
    "patient_number": _("pasientens fødselsnummer"),
    "hpr": _("HPR-nummeret ditt"),
    "organisation": _("kontoret ditt"),
    "her_id": _("kontorets adresse for meldinger"),
    "encounter": _("konsultasjonen"),
}


class Onwards(NamedTuple):
    """Where the browser goes: by GET, or with `fields` by POST."""

    url: str
    fields: dict[str, str] | None = None


def sent_along(handover: Handover | None) -> list[str]:
    """What the target learns, in the clinician's words."""
    return [str(_SENT[release]) for release in handover.release] if handover else []


def writeback(service_id: str, handover: Handover | None, context: Context) -> str | None:
    """`on`, `ask` or `never` as the office has chosen, `off` when the journal has given no address.

    None for a service that does not write back by us.
    """
    if handover is None or not handover.writeback:
        return None
    if not context.can_take_reports(parts().now()):
        return "off"
    with parts().database.read() as session:
        chosen = choices.choice(session, context.organisation.label, service_id)
    return "on" if chosen is Choice.ALWAYS else chosen.value


def begin(service: Service, context: Context | None) -> Onwards:
    """Remember the launch and say where it goes; a context goes along only by `sso_context`.

    Raises LaunchRejected when the service has no address here, or no client that can take the launch.
    """
    address, handle = service.address(zone()), parts().token()
    with parts().database.write() as session:
        client = _client(session, service)
        if address is None or (service.level is Level.SSO_CONTEXT and client is None):
            raise LaunchRejected("service_closed")
        by_launch = client if service.level is Level.SSO_CONTEXT else None
        _remember(session, launch(service, context, by_launch), context, handle)
    if by_launch is not None:
        return _to_launch_url(by_launch, handle)
    return Onwards(_sign_on(client, address) if client else address)


def _client(session: Session, service: Service) -> Client | None:
    """Who takes the launch: the service's own client, or the one that signs people on for it."""
    if service.level not in {Level.SSO, Level.SSO_CONTEXT}:
        return None
    return registry.client_of_service(session, service.id)


def _remember(session: Session, made: Launch, context: Context | None, handle: str) -> None:
    lives = parts().settings.lifetimes
    launches.begin(session, made)
    people.use(session, made.sub, login().office, made.service_id, made.created_at)
    if made.client_id:
        # Whether it is in time is the launch's own word: `authorize_by` there, five minutes at /api/context.
        until, keep = made.created_at + lives.parked, made.created_at + lives.writeback
        once.put(session, "launch", handle, made.id, client=made.client_id, until=until, keep=keep)
    audit.record(session, _act(made, context))


def _to_launch_url(client: Client, handle: str) -> Onwards:
    """SMART App Launch 2.2: `iss` and an opaque `launch`, by GET or, where the client wants it, by POST."""
    fields = {"iss": parts().settings.fhir_issuer, "launch": handle}
    url = str(client.launch_url)
    if client.launch_method == "post":
        return Onwards(url, fields)
    return Onwards(_with(url, fields))


def _sign_on(client: Client, address: str) -> str:
    """Where a target of ours is told to log in with us (OpenID Connect Core §4); else the address itself."""
    if not client.initiate_login_uri:
        return address
    fields = {"iss": parts().settings.base_url, "target_link_uri": address}
    return _with(client.initiate_login_uri, fields)


def _with(url: str, fields: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"


def launch(service: Service, context: Context | None, client: Client | None) -> Launch:
    """A launch of now by whoever is logged in, not yet remembered."""
    portal, who = parts(), login()
    now = portal.now()
    office = context.organisation if context else who.organisation
    return Launch(
        id=portal.token(),
        context_id=context.id if context and client else None,
        service_id=service.id,
        client_id=client.client_id if client else None,
        sub=who.person.sub,
        session_hash=who.key_hash,
        patient_id=opaque_patient(portal.token()) if context and client else None,
        created_at=now,
        authorize_by=now + portal.settings.lifetimes.launch if client else None,
        organisation=office.label if office else None,
    )


def _act(launch: Launch, context: Context | None) -> AuditEvent:
    """The patient is named only where the patient was sent along."""
    office = context.organisation if context else login().organisation
    sent = context if launch.context_id else None
    actor, subject, basis = f"person {launch.sub}", f"launch {launch.id}", f"service {launch.service_id}"
    return act("launch", actor=actor, subject=subject, basis=basis, context=sent, organisation=office)
