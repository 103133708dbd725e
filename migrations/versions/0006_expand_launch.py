"""Changes that wait for a second person, launches that are parked or fail, and tokens that are bound to no key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for register in ("client", "epj"):
        proposal = sa.Column("proposal", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True)
        op.add_column(register, proposal)
    op.add_column("launch", sa.Column("authorize_by", sa.DateTime(), nullable=True))
    with op.batch_alter_table("token") as token:
        token.alter_column("jkt", existing_type=sa.String(length=43), nullable=True)
    op.create_table(
        "launch_failure",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("launch_id", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["launch_id"], ["launch.id"], name=op.f("fk_launch_failure_launch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch_failure")),
    )
    op.create_index(op.f("ix_launch_failure_launch_id"), "launch_failure", ["launch_id"])
    op.create_index(op.f("ix_launch_failure_at"), "launch_failure", ["at"])
