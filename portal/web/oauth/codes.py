"""Authorization codes: what each stands for, sealed; spent in the database before anything else happens."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from portal.store import audit, launches
from portal.web import once
from portal.web.acts import act
from portal.web.guards import login
from portal.web.oauth import sign_on
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.launch import Launch
    from portal.store.database import Session
    from portal.web.oauth.pushed import Pushed


@dataclass(frozen=True)
class LaunchCode:
    """What a code stands for; the code itself is stored as a hash. The methods are authlib's."""

    launch_id: str
    redirect_uri: str
    scope: str
    code_challenge: str
    dpop_jkt: str | None = None
    nonce: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What is granted."""
        return self.scope


def issue(session: Session, waiting: Pushed, launch: Launch) -> str:
    """Return a code of 256 fresh bits; its tombstone outlives all that it can give."""
    portal, form, lives = parts(), waiting.form, parts().settings.lifetimes
    stands_for = LaunchCode(
        launch_id=launch.id,
        redirect_uri=form["redirect_uri"],
        scope=form["scope"],
        code_challenge=form["code_challenge"],
        dpop_jkt=form.get("dpop_jkt"),
        nonce=form.get("nonce"),
        evidence=sign_on.evidence(login()) if "openid" in form["scope"].split() else {},
    )
    code, client_id = portal.token(), waiting.client.client_id
    now, keep = portal.now(), max(lives.session, lives.writeback)
    once.put(session, "code", code, asdict(stands_for), client=client_id, until=now + lives.code, keep=now + keep)
    return code


def spend(code: str, client_id: str) -> LaunchCode | None:
    """Use the code up; a second use by the same client revokes what the first one gave (RFC 6749 §4.1.2)."""
    stands_for = once.spend("code", code, client=client_id)
    if stands_for is None:
        _revoke(code, client_id)
        return None
    return LaunchCode(**stands_for)


def _revoke(code: str, client_id: str) -> None:
    portal, stands_for = parts(), once.spent("code", code, client=client_id)
    if stands_for is None:
        return
    subject = f"launch {stands_for['launch_id']}"
    with portal.database.write() as session:
        launches.revoke_all_of(session, stands_for["launch_id"], portal.now())
        audit.record(session, act("code_reused", "revoked", actor=f"client {client_id}", subject=subject))
