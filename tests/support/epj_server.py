"""An EPJ's server that attacks: tokens as HelseID would sign them, proofs as no library would make them."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey
from sqlalchemy import func, select
from support.bodies import LINE, session_body
from support.forge import by_hand, encoded
from support.keys import ec
from support.liar import FNR, HPR, SID, SUB, with_changes

from portal.domain import dpop
from portal.domain.epj_session import ORGNR_CHILD, ORGNR_PARENT
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from support.siege import Siege

CREATE = "/api/session/create"
AUDIENCE, SCOPE = "inngangsportalen", "inngangsportalen/context"
Changes = dict[str, Any]


class Said(NamedTuple):
    """What the portal answered; header names are lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def code(self) -> str:
        return str(json.loads(self.text)["code"])


@dataclass
class EpjServer:
    """The registered EPJ at a portal under siege; every token and proof is right but for the changes."""

    siege: Siege

    def __post_init__(self) -> None:
        self._before = self._contexts()

    def token(self, header: Changes | None = None, **changes: Any) -> str:
        """A user token as HelseID signs it for this EPJ."""
        return by_hand(self.header(**header or {}), self.claims(**changes))

    def header(self, **changes: Any) -> Changes:
        return with_changes({"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt"}, changes)

    def claims(self, **changes: Any) -> Changes:
        at = int(self.siege.clock().timestamp())
        true: Changes = {
            "iss": self.siege.liar.origin,
            "aud": AUDIENCE,
            "client_id": "epj",
            "scope": ["openid", "profile", SCOPE],
            "sub": SUB,
            "sid": SID,
            "jti": secrets.token_urlsafe(16),
            "cnf": {"jkt": dpop.thumbprint(ec("epj").public)},
            "iat": at,
            "nbf": at,
            "exp": at + 600,
            PID: FNR,
            SECURITY_LEVEL: "4",
            HPR_NUMBER: HPR,
            ORGNR_PARENT: "999977774",
            ORGNR_CHILD: "999977775",
        }
        return with_changes(true, changes)

    def proof(self, token: str, header: Changes | None = None, **changes: Any) -> str:
        """A proof for session/create with `token`."""
        return sign_es256(*self.parts(token, header, **changes))

    def parts(self, token: str, header: Changes | None = None, **changes: Any) -> tuple[Changes, Changes]:
        """Header and claims of a proof."""
        true = {"typ": "dpop+jwt", "alg": "ES256", "jwk": dpop.public_members(ec("epj").public)}
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": "POST",
            "htu": f"{self.siege.origin}{CREATE}",
            "iat": int(self.siege.clock().timestamp()),
            "ath": urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode(),
        }
        return with_changes(true, header or {}), with_changes(claims, changes)

    def call(self, token: str, *proofs: str, at: str | None = None, **headers: str) -> Said:
        """Post a right body with these proofs, to the portal or to the process of it that listens `at` an origin."""
        where = urlsplit(at or self.siege.origin)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
        body = json.dumps(session_body(secrets.token_urlsafe(32), LINE, reply_to=None)).encode()
        sent = {
            "Host": self.siege.settings.host,
            "Authorization": f"DPoP {token}",
            "X-SOURCE-SYSTEM": "EksempelEPJ 1.0",
        }
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        connection.putrequest("POST", CREATE, skip_host=True)
        for name, value in [*(sent | headers).items(), *(("DPoP", proof) for proof in proofs)]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        said = Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())
        connection.close()
        return said

    def opened(self) -> int:
        """How many contexts this EPJ has opened."""
        return self._contexts() - self._before

    def _contexts(self) -> int:
        with self.siege.database.read() as session:
            return session.scalar(select(func.count()).select_from(ContextRow)) or 0

    def refused(self, said: Said, status: int, code: str, *secret: str) -> None:
        """A problem that names the rule and repeats nothing, and nothing was opened."""
        assert (said.status, said.code) == (status, code), said.text
        assert said.headers["content-type"] == "application/problem+json"
        assert said.headers["cache-control"] == "no-store"
        if status == 401:
            algorithms = " ".join(dpop.ALGORITHMS)
            assert said.headers["www-authenticate"] == f'DPoP error="{code}", algs="{algorithms}"'
        told = "\n".join([said.text, str(said.headers), *self.siege.lines.said])
        assert "Traceback" not in told
        parts = [part for one in secret for part in (one, *one.split(".")) if len(part) > 20]
        assert parts
        assert [part for part in parts if part in told] == []
        assert [one for one in {LINE["number"], *self.siege.liar.secrets} if one in told] == []
        assert self.opened() == 0


def sign_es256(header: Changes, claims: Changes, kid: str = "epj") -> str:
    """A token with these very bytes, whatever its header says, and a right ES256 signature."""
    signing_input = f"{encoded(header)}.{encoded(claims)}"
    key = cast("EllipticCurvePrivateKey", ECKey.import_key(dict(ec(kid).private)).private_key)
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ECDSA(SHA256())))
    return f"{signing_input}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
