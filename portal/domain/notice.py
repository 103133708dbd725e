"""What an owner says of a stop of its service, as it crosses the API."""

from __future__ import annotations

from portal.domain.service_parts import Stop
from portal.domain.translated import InEveryLanguage


class NoticePut(Stop):
    """PUT /api/notices/<notice_id>: a planned stop or a fault, until its planned end, in every language.

    The client's assertion (RFC 7523) has our issuer as its audience. An end in the past takes the notice down.
    """

    client_assertion_type: str
    client_assertion: str
    message: InEveryLanguage

    @property
    def stop(self) -> Stop:
        """What is said, without who says it."""
        return Stop.model_validate(self.model_dump(exclude={"client_assertion_type", "client_assertion"}))
