"""Alembic's entry: the URL comes from the caller, the target schema from portal.store.tables."""

from __future__ import annotations

from alembic import context

from portal.store.database import connect
from portal.store.tables import Base


def run() -> None:
    """Migrate in one transaction where the database can."""
    engine = connect(context.config.attributes["url"])
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
