"""What the EPJ stand-in is told when it starts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel

from portal.demo.standin import Config


class Reply(StrEnum):
    """How the journal answers the next messages about a patient (AppRec, HIS 80415)."""

    OK = "ok"
    REJECTED = "avvist"
    LATE = "sent"
    NEVER = "aldri"


class Patient(BaseModel):
    """A synthetic patient; `id` is the journal's own and stands in its URLs."""

    id: str
    number: str
    system: str
    family: str
    given: str
    birth_date: date


class EpjConfig(Config):
    """`folder` gets `messages/` and `pdf/`; a late AppRec comes after `late` seconds.

    `smart_client_id` is the portal at the journal's SMART server.
    """

    name: str
    organisation_number: str
    parent_organisation_number: str
    her_id: str
    parent_her_id: str
    audience: str
    scope: str
    smart_client_id: str
    patients: tuple[Patient, ...]
    folder: Path
    late: float = 4
