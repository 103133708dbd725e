"""Alembic's entry: the URL comes from the caller or the settings, the target schema from portal.store.tables."""

from __future__ import annotations

import os

from alembic import context

from portal.settings import Settings
from portal.store.database import connect
from portal.store.tables.every import Base


def run() -> None:
    """Migrate in one transaction where the database can."""
    # Alembic's own command line, which writes new migrations, has no caller.
    engine = connect(context.config.attributes.get("url") or Settings.from_env(os.environ).database_url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
