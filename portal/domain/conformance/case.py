"""A case of the conformance kit: a rule, where it stands, and how it was met."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Seen = TypeVar("Seen")


class CaseId(StrEnum):
    """Stable ids; `smart-` are found by asking the EPJ's own server, the others by what the sandbox saw."""

    CREATE = "create"
    BOUND = "dpop-bound"
    FRESH = "proof-fresh"
    SOURCE = "source-system"
    CHALLENGE = "challenge-once"
    IN_TIME = "arrives-in-time"
    VERIFIER = "brings-verifier"
    WAY = "post-or-fragment"
    PERSON = "same-person"
    PROFILE = "browser-profile"
    REFRESH = "refresh-in-time"
    AFTER_END = "nothing-after-end"
    CHANGE = "patient-change"
    OLDER = "older-ended"
    END = "ended-when-closed"
    REPLY_TO = "reply-to"
    LANDING = "lands-on-service"
    LAUNCH = "launch"
    ON_NONCE = "fault-nonce"
    ON_UNAVAILABLE = "fault-unavailable"
    ON_CONTEXT_ENDED = "fault-context-ended"
    ON_START_EXPIRED = "fault-start-expired"
    SMART_CONFIGURATION = "smart-configuration"
    SMART_AUTHORIZATION = "smart-authorization-endpoint"
    SMART_TOKEN = "smart-token-endpoint"  # noqa: S105  a name, not a secret
    SMART_GRANT = "smart-grant-types"
    SMART_CAPABILITIES = "smart-capabilities"
    SMART_PKCE = "smart-pkce"
    SMART_ISSUER = "smart-issuer"
    SMART_JWKS = "smart-jwks"
    SMART_METADATA = "smart-metadata"
    SMART_PLAIN = "smart-refuses-plain"
    SMART_REDIRECT = "smart-refuses-foreign-redirect"
    SMART_AUD = "smart-refuses-wrong-aud"
    SMART_CODE = "smart-refuses-unknown-code"
    SMART_ANONYMOUS = "smart-refuses-anonymous-client"


class Outcome(StrEnum):
    """`not_seen` is neither right nor wrong: it has not happened yet, or nobody could ask."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not_seen"


class Why(StrEnum):
    """What was wrong, or what is missing; the values that belong to the sentence come with it."""

    REFUSED = "refused"  # code, rule
    NOT_DPOP = "not_dpop"
    CHALLENGE_AGAIN = "challenge_again"
    LATE = "late"  # seconds
    CODE_AGAIN = "code_again"
    WRONG_VERIFIER = "wrong_verifier"
    BY_QUERY = "by_query"
    OTHER_PERSON = "other_person"
    LOGIN_AGAIN = "login_again"
    LOGIN_AGAIN_WITHOUT_COOKIES = "login_again_without_cookies"
    REFRESH_LATE = "refresh_late"  # seconds, most
    LEFT_TO_EXPIRE = "left_to_expire"
    REFRESH_AFTER_END = "refresh_after_end"
    REFRESH_WITH_PATIENT = "refresh_with_patient"  # rule
    NEW_LOGIN = "new_login"
    OLDER_KEPT = "older_kept"
    OLDER_LEFT = "older_left"
    END_OF_NOTHING = "end_of_nothing"
    NO_WRITEBACK = "no_writeback"
    NO_NONCE = "no_nonce"
    SAME_PROOF = "same_proof"
    TOO_MANY = "too_many"  # tries
    REFRESH_OF_ENDED = "refresh_of_ended"
    SAME_CODE = "same_code"
    UNREACHABLE = "unreachable"
    STATUS = "status"  # status
    NOT_JSON = "not_json"
    MISSING = "missing"  # field
    LACKS = "lacks"  # field, word
    OFFERS = "offers"  # field, word
    ADDRESS = "address"  # field
    NO_KEYS = "no_keys"
    PRIVATE_KEY = "private_key"
    NOT_R4 = "not_r4"
    WENT_ON = "went_on"  # status
    SENT_ABROAD = "sent_abroad"
    GAVE_TOKEN = "gave_token"  # noqa: S105  a name, not a secret
    NO_ERROR_WORD = "no_error_word"
    NOT_ASKED = "not_asked"


class Finding(NamedTuple):
    """How a case was met, and why not."""

    outcome: Outcome
    why: StrEnum | None = None
    values: Mapping[str, Any] = {}


PASSED = Finding(Outcome.PASSED)
NOT_SEEN = Finding(Outcome.NOT_SEEN)


def failed(why: StrEnum, **values: Any) -> Finding:
    """A finding that it was met wrongly."""
    return Finding(Outcome.FAILED, why, values)


def missing(why: StrEnum, **values: Any) -> Finding:
    """A finding that it could not be judged."""
    return Finding(Outcome.NOT_SEEN, why, values)


def verdict(failures: Iterable[Finding], seen: object) -> Finding:
    """Return the first failure; without one it is met as soon as it was `seen`. One wrong time is wrong."""
    return next(iter(failures), PASSED if seen else NOT_SEEN)


@dataclass(frozen=True)
class Case(Generic[Seen]):
    """One rule; `source` is where it stands, `judge` reads what was seen."""

    id: StrEnum
    source: str
    judge: Callable[[Seen], Finding]


class Judged(NamedTuple):
    """A case and how it was met."""

    case: Case[Any]
    finding: Finding


def judged(cases: Iterable[Case[Seen]], seen: Seen) -> list[Judged]:
    """Judge every case."""
    return [Judged(case, case.judge(seen)) for case in cases]
