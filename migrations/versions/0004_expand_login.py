"""Roles and offices assigned here, disabled persons, HelseID's tokens and our keys there, the office of a launch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login_session", sa.Column("hpr_number", sa.String(length=20), nullable=True))
    op.add_column("login_session", sa.Column("placed_at", sa.DateTime(), nullable=True))
    op.create_index(op.f("ix_login_session_sub"), "login_session", ["sub"])
    op.add_column("launch", sa.Column("organisation", sa.String(length=20), nullable=True))
    op.create_table(
        "assignment",
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("assigned_by", sa.String(length=100), nullable=False),
        sa.Column("assigned_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "kind", "value", name=op.f("pk_assignment")),
    )
    op.create_table(
        "disabled_person",
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("disabled_by", sa.String(length=100), nullable=False),
        sa.Column("disabled_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_disabled_person")),
    )
    op.create_table(
        "helseid_token",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("audience", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("keep_until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "audience", name=op.f("pk_helseid_token")),
    )
    op.create_index(op.f("ix_helseid_token_keep_until"), "helseid_token", ["keep_until"])
    op.create_table(
        "client_key",
        sa.Column("kid", sa.String(length=100), nullable=False),
        sa.Column("public", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_client_key")),
    )
