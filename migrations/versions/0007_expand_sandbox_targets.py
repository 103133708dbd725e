"""Targets that register themselves in the sandbox, and what targets did there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sandbox_target",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_sandbox_target_client_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_sandbox_target")),
    )
    op.create_index(op.f("ix_sandbox_target_used_at"), "sandbox_target", ["used_at"])
    op.create_table(
        "target_observation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_observation")),
    )
    op.create_index(op.f("ix_target_observation_client_id"), "target_observation", ["client_id"])
    op.create_index(op.f("ix_target_observation_at"), "target_observation", ["at"])
