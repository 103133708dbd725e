"""Why a launch did not get through, in a closed list of words; nothing of any person is in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from portal.domain.text import letters

if TYPE_CHECKING:
    from datetime import datetime


class Code(StrEnum):
    """What is counted; a target's own word is `other`, so that telling of a failure never fails for its word."""

    LOGIN_FAILED = "login_failed"
    OTHER_PERSON = "other_person"
    CONTEXT_REFUSED = "context_refused"
    CONTEXT_EXPIRED = "context_expired"
    PATIENT_UNKNOWN = "patient_unknown"
    NOT_AUTHORISED = "not_authorised"
    FORM_UNAVAILABLE = "form_unavailable"
    MAINTENANCE = "maintenance"
    INTERNAL = "internal"
    OTHER = "other"


FOR_OWNER = {
    Code.LOGIN_FAILED: "the target's own login with HelseID did not succeed",
    Code.OTHER_PERSON: "the target's login is of another person than the one who clicked",
    Code.CONTEXT_REFUSED: "the portal gave the target no context",
    Code.CONTEXT_EXPIRED: "the launch was too old, or its context had ended",
    Code.PATIENT_UNKNOWN: "the target does not know the patient, or cannot take this one",
    Code.NOT_AUTHORISED: "the target gives this clinician no access",
    Code.FORM_UNAVAILABLE: "what was to be opened is not there",
    Code.MAINTENANCE: "the target is closed for maintenance",
    Code.INTERNAL: "the fault is the target's",
    Code.OTHER: "any other word",
}
"""What each says to those who run the service, in English as all that is for developers."""


def code_of(word: str) -> Code:
    """The code that a target's word is counted as."""
    return Code(word) if word in set(Code) else Code.OTHER


@dataclass(frozen=True)
class Failure:
    """That one launch failed in one way; telling of it again adds nothing."""

    launch_id: str
    service_id: str
    code: Code
    at: datetime

    @property
    def reference(self) -> str:
        """What the clinician quotes, and where her page is: 16 letters that follow from the launch and the code."""
        return letters(sha256(f"{self.launch_id} {self.code}".encode()).hexdigest())[:16]
