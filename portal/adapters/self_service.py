"""HelseID's Selvbetjening, where a client registers its own next key (NHN's HelseId.Library.Selvbetjening)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from portal.adapters.proven import accepted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.adapters.openid import OpenIdClient

SCOPE = "nhn:selvbetjening/client"


def register(helseid: OpenIdClient, url: str, public: Mapping[str, Any]) -> datetime | None:
    """Have a public JWK added to our client at HelseID; when it expires there, None when that was not said.

    `url` takes the key, `helseid` signs with one that is registered already. Raises UpstreamError.
    """
    jkt = helseid.client.jkt
    token = helseid.tokens.client_credentials(SCOPE, jkt=jkt)["access_token"]
    answer = helseid.client.post_json_bound(url, token, dict(public), jkt)
    return _instant(accepted(answer, "client-secret").get("expiration"))


def _instant(said: Any) -> datetime | None:
    # The key is registered whatever we make of the date: to refuse the answer would be to register it again.
    try:
        instant = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
