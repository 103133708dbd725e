"""Those who put documents: a target's server, with the grants of many launches, over a line of its own."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from bench import papers
from bench.flow import FlowError, Wire
from support.keys import ec

from portal.demo.standin import now, token
from portal.domain import dpop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.flow import Line

AT_ONCE = 8
"""As many as a worker of gunicorn has threads."""
_PATIENCE = 60  # seconds; megabytes of eight on one core


class Grant(NamedTuple):
    """The right to write back for one launch, and what its patient is called there."""

    secret: str
    patient: str


@dataclass(frozen=True)
class Target:
    """Puts a document of so many bytes, each time for the next launch."""

    origin: str
    grants: Iterator[Grant]
    size: int
    line: Line

    def run(self) -> None:
        """Put a new one; raises FlowError unless it is taken."""
        grant, path = next(self.grants), f"/api/writeback/{token()}"
        body = _body(self.size, grant.patient)
        answer = self.line.send("PUT", path, self._headers(grant, path), body)
        if answer.status != 202:
            raise FlowError("put", f"{answer.status} {answer.body[:200].decode(errors='replace')}")

    def close(self) -> None:
        self.line.close()

    def _headers(self, grant: Grant, path: str) -> dict[str, str]:
        url = f"{self.origin}{path}"
        proof = dpop.make_proof(ec().private, "PUT", url, now(), token(), access_token=grant.secret)
        return {"Content-Type": "application/json", "Authorization": f"DPoP {grant.secret}", "DPoP": proof}


def targets(origin: str, grants: Iterator[Grant], size: int) -> list[Target]:
    """As many as put at once."""
    return [Target(origin, grants, size, Wire(origin, _PATIENCE)) for _ in range(AT_ONCE)]


@cache
def _body(size: int, patient: str) -> bytes:
    pdf = papers.pdf(size)
    return json.dumps(
        {
            "patient": patient,
            "title": "Demomelding",
            "text": "Melding er sendt. Se PDF.",
            "pdf": b64encode(pdf).decode(),
            "pdf_sha256": sha256(pdf).hexdigest(),
        }
    ).encode()
