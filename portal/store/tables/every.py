"""All tables at once, for whoever compares them with a database."""

from portal.store.tables import journal, launches, log, registers, sandbox, sign_on
from portal.store.tables.base import Base

__all__ = ["Base", "journal", "launches", "log", "registers", "sandbox", "sign_on"]
