"""What opens a journal for documents while a launch from it lives (SMART App Launch 2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from portal.domain.smart import authorization

if TYPE_CHECKING:
    from portal.domain.smart.token_response import Granted

_EARLY = timedelta(seconds=10)
"""Before it expires, so that a document that is on its way arrives in time."""


@dataclass(frozen=True)
class Access:
    """The tokens of one launch, and who it is about; references are relative to the issuer."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    patient: str
    practitioner: str
    encounter: str | None

    def lives(self, now: datetime) -> bool:
        """Whether the access token is good for another request."""
        return now < self.expires_at - _EARLY


def of_launch(granted: Granted, practitioner: str, asked_at: datetime) -> Access | None:
    """Return what a token response opens; None when it does not open the journal for documents."""
    if not (granted.scope is None or authorization.opens_documents(granted.scope)):
        return None
    return Access(
        access_token=granted.access_token,
        refresh_token=granted.refresh_token,
        expires_at=asked_at + granted.life,
        patient=str(granted.patient),
        practitioner=practitioner,
        encounter=str(granted.encounter) if granted.encounter else None,
    )
