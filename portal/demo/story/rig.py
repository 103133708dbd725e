"""A target's server with its hands free: it does what a right target never would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.demo.bound_api import BoundApi
from portal.demo.browser import Hop
from portal.demo.launch_client import LaunchClient
from portal.demo.registrations import OTHER_AT_PORTAL
from portal.demo.standin_files import target_registration
from portal.demo.story.play import launch_handle
from portal.demo.target import pdf
from portal.demo.target.report import Document
from portal.demo.target.writeback import body
from portal.demo.trace import TracedEgress

if TYPE_CHECKING:
    from portal.adapters.http import Answer
    from portal.demo.epj.config import Patient
    from portal.demo.launch_client import Begun
    from portal.demo.story.play import Play
    from portal.domain.target_bodies import TokenResponse


class Rig:
    """Demomelding's registration (`target`) and another client's (`other`), in the story's own hands."""

    def __init__(self, play: Play) -> None:
        self._play = play
        stage = play.stage
        egress = TracedEgress({stage.addresses.portal}, play.trace)
        own = target_registration(stage.addresses, stage.keys)
        others = own.model_copy(update={"client_id": OTHER_AT_PORTAL, "key": stage.keys.other_at_portal})
        self.target = LaunchClient(stage.addresses.portal, own, egress)
        self.other = LaunchClient(stage.addresses.portal, others, egress)
        self._api = BoundApi(own.key, egress)

    def code(self, patient: Patient) -> tuple[str, Begun]:
        """A launch by Anna, up to the code that her browser would carry to the target."""
        begun = self.target.begin(launch_handle(self._play, patient))
        return self.answer_to(begun)["code"], begun

    def answer_to(self, begun: Begun) -> dict[str, str]:
        """What Anna's browser would carry back to the target; empty when the portal sends her nowhere."""
        hop = Hop("GET", begun.url)
        onwards = self._play.anna.next(self._play.anna.step(hop), hop)
        return onwards.query() if onwards else {}

    def redeem(self, patient: Patient) -> TokenResponse:
        """A whole launch, as it should be."""
        code, begun = self.code(patient)
        return self.keep(self.target.redeem(code, begun.verifier))

    def keep(self, launched: TokenResponse) -> TokenResponse:
        """Remember the tokens, so that the end of the story can look for them."""
        self._play.secrets |= {launched.access_token, launched.writeback_token or launched.access_token}
        return launched

    def put(self, launched: TokenResponse, document_id: str, **changes: str) -> Answer:
        """Put a document with this launch's grant."""
        url = f"{self._play.at.portal}/api/writeback/{document_id}"
        document = Document("Prøve", "Skal ikke til noen journal.", pdf.write(["Prøve"]))
        return self._api.call("PUT", url, launched.writeback_token or "", {**body(launched, document), **changes})
