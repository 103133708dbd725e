"""What every table is made from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, mapped_column

from portal.store.columns import Utc

Instant = Annotated[datetime, mapped_column(Utc)]
MaybeInstant = Annotated[datetime | None, mapped_column(Utc)]
Id = Annotated[str, mapped_column(String(64))]
Hash = Annotated[str, mapped_column(String(64))]
Sequence = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]


class Base(DeclarativeBase):
    """Constraint names are part of the schema, so that a later migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def plain(row: type[Base]) -> Table:
    """The table of a row class by itself: what every launch asks is asked without making objects of rows."""
    return Base.metadata.tables[row.__tablename__]
