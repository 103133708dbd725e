"""What a request did, in the audit log's own words: actor, subject and basis are always a kind and an id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.audit import AuditEvent
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.context import Context
    from portal.domain.identity import Organisation


def act(
    action: str,
    outcome: str = "ok",
    *,
    actor: str,
    subject: str = "",
    basis: str = "",
    context: Context | None = None,
    organisation: Organisation | None = None,
) -> AuditEvent:
    """An event of now; patient and office come from the context, where there is one."""
    office = context.organisation if context else organisation
    return AuditEvent(
        at=parts().now(),
        action=action,
        outcome=outcome,
        actor=actor,
        organisation=office.label if office else None,
        patient_ref=context.patient_ref if context else None,
        subject=subject,
        basis=basis,
    )
