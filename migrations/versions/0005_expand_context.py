"""Contexts that SMART servers open, and the login that each is open in; who was here; what EPJs did in the sandbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("context") as context:
        context.alter_column("sub", existing_type=sa.String(length=64), nullable=True)
        context.alter_column("challenge", existing_type=sa.String(length=43), nullable=True)
        context.add_column(sa.Column("login_hash", sa.String(length=64), nullable=True))
        context.create_index(op.f("ix_context_login_hash"), ["login_hash"])
        context.create_index("ix_context_sub", ["sub"])
        context.drop_index("ix_context_session")
        context.create_index("ix_context_session", ["client_id", "sid", "created_at"])
    op.create_table(
        "known_person",
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sub", name=op.f("pk_known_person")),
    )
    op.create_table(
        "epj_observation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("epj_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epj_observation")),
    )
    op.create_index(op.f("ix_epj_observation_epj_id"), "epj_observation", ["epj_id"])
    op.create_index(op.f("ix_epj_observation_at"), "epj_observation", ["at"])
