from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import text

from portal.store.database import connect
from portal.store.migrate import MIGRATIONS, upgrade
from portal.store.tables.every import Base

NAME = re.compile(r"(?P<number>[0-9]{4})_(expand|contract)_[a-z0-9_]+")


@pytest.fixture(scope="module")
def migrations() -> list[Script]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return list(ScriptDirectory.from_config(config).walk_revisions())[::-1]


def test_migrations_are_one_numbered_line(migrations: list[Script]) -> None:
    numbers = [f"{n:04}" for n in range(1, len(migrations) + 1)]
    assert [m.revision for m in migrations] == numbers
    assert [m.down_revision for m in migrations] == [None, *numbers[:-1]]


def test_every_migration_says_whether_it_expands_or_contracts(migrations: list[Script]) -> None:
    for migration in migrations:
        named = NAME.fullmatch(Path(migration.path).stem)
        assert named, f"{migration.path} must be called NNNN_expand_what or NNNN_contract_what"
        assert named["number"] == migration.revision


def test_tables_and_migrations_agree(database_url: str) -> None:
    engine = connect(database_url)
    with engine.connect() as connection:
        # Alembic takes the empty string for another default than SQLite's ''.
        defaults = engine.dialect.name != "sqlite"
        context = MigrationContext.configure(connection, opts={"compare_server_default": defaults})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(blank_url: str, migrations: list[Script]) -> None:
    upgrade(blank_url)
    upgrade(blank_url)
    engine = connect(blank_url)
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [migrations[-1].revision]
    engine.dispose()
