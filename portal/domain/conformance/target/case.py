"""The ids of a target's cases, and what can be wrong with them."""

from __future__ import annotations

from enum import StrEnum


class CaseId(StrEnum):
    """Stable ids; `target-launch-url-` are found by asking the launch address, the others by what the sandbox saw."""

    LAUNCH = "target-launch"
    REQUEST = "target-request"
    PUSHED = "target-par"
    CHALLENGE = "target-pkce"
    STATE = "target-state"
    CLIENT = "target-client"
    PROOF = "target-proof-fresh"
    BOUND = "target-dpop-bound"
    CODE = "target-code-once"
    BACK_CHANNEL = "target-back-channel"
    PATIENT = "target-own-patient"
    WRITEBACK = "target-writeback"
    FAILURE = "target-launch-failure"
    BANNER = "target-patient-banner"
    ON_EXPIRED = "target-fault-expired"
    ON_REPLAYED = "target-fault-replayed"
    ON_OTHER_CLIENT = "target-fault-other-client"
    ON_HELSEID_DOWN = "target-fault-helseid-down"
    ON_DENIED = "target-fault-access-denied"
    ON_WRONG_ISSUER = "target-fault-wrong-issuer"
    ON_WRONG_STATE = "target-fault-wrong-state"
    ON_UNAVAILABLE = "target-fault-token-unavailable"
    ON_NONCE = "target-fault-nonce"
    ON_KEY_ROTATION = "target-fault-key-rotation"
    ON_PARKED = "target-fault-parked"
    ON_OTHER_PATIENT = "target-fault-other-patient"
    ON_OTHER_PERSON = "target-fault-other-person"
    URL_LAUNCH = "target-launch-url"
    URL_FOREIGN_ISSUER = "target-launch-url-foreign-iss"
    URL_WITHOUT_LAUNCH = "target-launch-url-without-launch"
    URL_ERROR = "target-launch-url-shows-error"
    URL_UNKNOWN_STATE = "target-launch-url-unknown-state"


class Why(StrEnum):
    """What the EPJs' `Why` has no word for; the values that belong to the sentence come with it."""

    NOT_PUSHED = "not_pushed"
    STATE_MISSING = "state_missing"
    STATE_SHORT = "state_short"  # length
    STATE_AGAIN = "state_again"
    AS_BEARER = "as_bearer"
    CODE_LATE = "code_late"  # seconds
    CODE_TWICE = "code_twice"
    FROM_BROWSER = "from_browser"
    OTHER_PATIENT = "other_patient"
    TO_BE_DECLARED = "to_be_declared"
    DECLARED = "declared"
    LOOP = "loop"
    NOT_TOLD = "not_told"
    REDEEMED = "redeemed"
    TRIES = "tries"  # tries
    SAME_CALL_PROOF = "same_call_proof"
    NOT_REPEATED = "not_repeated"
    KEYS_NOT_FETCHED = "keys_not_fetched"
    NOT_FINISHED = "not_finished"
    NOT_USED = "not_used"
    MIXED = "mixed"
    FIRST_NOT_SENT = "first_not_sent"
    NOT_COMPARED = "not_compared"
    WENT_TO_US = "went_to_us"
    NOT_TO_US = "not_to_us"  # status
