"""What a command stands in: the environment's settings, the clock, and the person at the terminal."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime

from portal.domain.audit import AuditEvent
from portal.settings import Settings
from portal.store.database import Database


def settings() -> Settings:
    """The portal's settings; raises SettingsError."""
    return Settings.from_env(os.environ)


def database() -> Database:
    """The portal's database; raises SettingsError."""
    return Database(settings().database_url)


def now() -> datetime:
    """The present in UTC."""
    return datetime.now(UTC)


def user() -> str:
    """Name of the operating-system user, from the process itself: $USER can be anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


def act(action: str, subject: str = "", basis: str = "") -> AuditEvent:
    """What the person at the terminal does now, for the audit log."""
    return AuditEvent(now(), action, "ok", f"operator {user()}", subject=subject, basis=basis)
