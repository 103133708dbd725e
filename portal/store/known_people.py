"""What HelseID said of a person at the latest login here, because an access token does not say it: approvals in HPR."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from portal.domain.identity import Person
from portal.store.database import insert
from portal.store.tables.sign_on import KnownPersonRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "known person"
_PERSON = TypeAdapter(Person)


class Known(NamedTuple):
    """A person without name and local roles, as HelseID told of her at `seen_at`."""

    person: Person
    seen_at: datetime


def remember(session: Session, vault: Vault, person: Person, now: datetime) -> None:
    """Keep what HelseID says now; what it said before is gone. Nothing is read."""
    # Roles are looked up each time, and nobody asks for the name.
    plain = _PERSON.dump_python(replace(person, name="", roles=frozenset()), mode="json")
    said = {"sealed": vault.seal(plain, _PURPOSE), "seen_at": now}
    statement = insert(session, KnownPersonRow).values(sub=person.sub, **said)
    session.execute(statement.on_conflict_do_update(index_elements=["sub"], set_=said))


def find(session: Session, vault: Vault, sub: str, since: datetime) -> Known | None:
    """The person, if HelseID has told of her after `since`."""
    mine = (KnownPersonRow.sub == sub, KnownPersonRow.seen_at > since)
    row = session.scalar(select(KnownPersonRow).where(*mine))
    plain = vault.open(row.sealed, _PURPOSE) if row else None
    return Known(_PERSON.validate_python(plain), row.seen_at) if row and plain else None


def forget(session: Session, subs: Collection[str]) -> None:
    """Know nothing of these persons any more."""
    session.execute(delete(KnownPersonRow).where(KnownPersonRow.sub.in_(subs)))
