"""Targets that put documents: each launches anew for every grant, puts chains of corrections, and is patient or not."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from bench.flow import CLIENT, FORM, REDIRECT_URI, Flow, FlowError, Issuer, Wire
from soak.ledger import Ledger, Put
from support.keys import ec

from portal.demo.standin import now, token
from portal.demo.target import pdf
from portal.domain import dpop

if TYPE_CHECKING:
    from collections.abc import Callable

    from soak.stage import Desk

_DOCUMENTS_PER_GRANT = 40
_CORRECTED, _LONGEST_CHAIN = 0.3, 4
_GIVES_UP = 0.2
_PAUSE = 0.3
_WORTH_TRYING = {"invalid_dpop_proof", "use_dpop_nonce"}
"""401 that says nothing against the grant: the proof had grown old while the request waited."""


class Grant(NamedTuple):
    patient: str
    token: str


@dataclass(frozen=True)
class WritebackFlow(Flow):
    """A launch for the grant that comes with it."""

    def grant(self) -> Grant:
        """Click, push, authorize, redeem."""
        verifier, url = token(), f"{self.issuer.origin}/oauth/token"
        form = {
            "grant_type": "authorization_code",
            "code": self.authorize(self.push(self.mint(), verifier)),
            "code_verifier": verifier,
            "redirect_uri": REDIRECT_URI,
        }
        proof = dpop.make_proof(ec(CLIENT).private, "POST", url, now(), token())
        headers = {"Content-Type": FORM, "DPoP": proof}
        given = json.loads(self._demand(200, "POST", "/oauth/token", headers, self._signed(form)).body)
        if "writeback_token" not in given:
            raise FlowError("token", "without writeback_token")
        return Grant(given["patient"], given["writeback_token"])


class Writer(Thread):
    """Puts until told to stop; `may_go_on` holds it back while it is ahead of its pace or of the receivers."""

    def __init__(
        self, desk: Desk, origin: str, ledger: Ledger, seed: float, stop: Event, may_go_on: Callable[[], bool]
    ) -> None:
        super().__init__(name="writer")
        self._desk, self._origin, self._ledger = desk, origin, ledger
        self._random = Random(seed)  # noqa: S311  a storm, not a secret
        self._stop_asked, self._may_go_on = stop, may_go_on
        self._wire, self._prefix, self._count = Wire(origin), f"soak-{token()[:8]}", 0

    def run(self) -> None:
        """Launch, put, launch again."""
        while not self._stop_asked.is_set():
            try:
                grant = self._launch()
            except (FlowError, OSError, HTTPException, ValueError) as error:
                self._ledger.heard(f"launch: {error if isinstance(error, FlowError) else type(error).__name__}")
                self._new_wire()
                self._stop_asked.wait(_PAUSE)
                continue
            last = self._count + _DOCUMENTS_PER_GRANT
            while self._count < last and not self._stop_asked.is_set():
                self._chain(grant)
        self._wire.close()

    def _launch(self) -> Grant:
        return WritebackFlow(Issuer(self._origin, "launch", bound=True), self._desk.clinician, self._wire).grant()

    def _chain(self, grant: Grant) -> None:
        """A document, and perhaps corrections of it, each of the one before; ends with one that was not promised."""
        length, corrected = self._random.randint(2, _LONGEST_CHAIN), None
        for _ in range(length if self._random.random() < _CORRECTED else 1):
            while not self._may_go_on() and not self._stop_asked.wait(0.02):
                pass
            if self._stop_asked.is_set():
                return
            put = self._document(corrected)
            self._ledger.begin(put)
            if not self._put(grant, put):
                return
            corrected = put.document_id

    def _document(self, corrects: str | None) -> Put:
        self._count += 1
        document_id = f"{self._prefix}-{self._count}"
        digest = sha256(_pdf(document_id)).hexdigest()
        return Put(document_id, self._desk.receiver, digest, corrects, time.time())

    def _put(self, grant: Grant, put: Put) -> bool:
        """Try until it is promised, refused, or the target loses patience; some do at the first failure."""
        patient = self._random.random() >= _GIVES_UP
        while True:
            said = self._once(grant, put)
            self._ledger.heard(f"put: {said}")
            if said in {"200", "202"}:
                self._ledger.promise(put)
                return True
            if not patient or not _may_heal(said) or self._stop_asked.wait(_PAUSE):
                return False

    def _once(self, grant: Grant, put: Put) -> str:
        """One PUT; its status, with the problem's code unless all is well, or the error's name."""
        path = f"/api/writeback/{put.document_id}"
        key, url = ec(CLIENT).private, f"{self._origin}{path}"
        headers = {
            "Authorization": f"DPoP {grant.token}",
            "DPoP": dpop.make_proof(key, "PUT", url, now(), token(), access_token=grant.token),
            "Content-Type": "application/json",
        }
        try:
            answer = self._wire.send("PUT", path, headers, _body(grant, put))
        except (OSError, HTTPException) as error:
            self._new_wire()
            return type(error).__name__
        code = ""
        if answer.status >= 400:
            with suppress(ValueError):
                code = f" {json.loads(answer.body)['code']}"
        return f"{answer.status}{code}"

    def _new_wire(self) -> None:
        self._wire.close()
        self._wire = Wire(self._origin)


def _may_heal(said: str) -> bool:
    status, _, code = said.partition(" ")
    return not status.startswith("4") or status in {"408", "425", "429"} or code in _WORTH_TRYING


def _body(grant: Grant, put: Put) -> bytes:
    told = {
        "patient": grant.patient,
        "title": put.document_id,
        "text": f"Melding sendt. Referanse {put.document_id}.",
        "pdf": b64encode(_pdf(put.document_id)).decode(),
        "pdf_sha256": put.pdf,
    }
    return json.dumps(told | ({"corrects": put.corrects} if put.corrects else {})).encode()


def _pdf(document_id: str) -> bytes:
    return pdf.write(["Melding sendt", document_id])
