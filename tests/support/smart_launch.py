"""A launch at a journal system's SMART server, from where it begins to what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.lying_epj import EPJ, LAUNCH, NUMBER, LyingEpj, client_of

from portal.errors import SmartRejected

if TYPE_CHECKING:
    from portal.adapters.smart.client import SmartClient
    from portal.domain.registration import SmartServer
    from portal.domain.smart.opened import Opened


def launched(epj: LyingEpj, client: SmartClient | None = None, server: SmartServer | None = None) -> Opened:
    """What a whole launch at `epj` gave; by default with our key, and as `epj` is registered."""
    client, server = client or client_of(epj), server or epj.registered()
    begun = client.begin(EPJ, server, LAUNCH)
    return client.finish(EPJ, server, epj.follow(begun.url), iss=None, verifier=begun.verifier, nonce=begun.nonce)


def refused(epj: LyingEpj, client: SmartClient | None = None, server: SmartServer | None = None) -> tuple[str, str]:
    """Code and detail of the refusal of a launch, which tells nothing of the patient."""
    with pytest.raises(SmartRejected) as caught:
        launched(epj, client, server)
    assert NUMBER not in str(caught.value)
    assert "Fjellheim" not in str(caught.value)
    return caught.value.code, caught.value.detail
