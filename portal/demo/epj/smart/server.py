"""What every endpoint of the SMART server works with, in one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portal.demo.epj.smart.memory import Memory
from portal.demo.helseid.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.demo.epj.config import EpjConfig
    from portal.demo.epj.smart.documents import Cabinet
    from portal.demo.epj.smart.portal_keys import PortalKeys
    from portal.demo.visits import Visits


@dataclass(frozen=True)
class Server:
    """Configuration, the journal's visits, the portal's keys, clock (aware UTC), what is filed, memory, signing key."""

    config: EpjConfig
    visits: Visits[Any]
    portal_keys: PortalKeys
    now: Callable[[], datetime]
    cabinet: Cabinet
    memory: Memory = field(default_factory=Memory)
    key: SigningKey = field(default_factory=SigningKey)

    @property
    def issuer(self) -> str:
        """The issuer of id tokens (OpenID Connect Core §2)."""
        return self.config.base_url

    @property
    def fhir(self) -> str:
        """The FHIR base address, which is the `iss` of a launch and the `aud` of a request."""
        return f"{self.config.base_url}/fhir"

    @property
    def redirect_uri(self) -> str:
        """The one address that the portal has registered."""
        return f"{self.config.portal}/launch/callback"
