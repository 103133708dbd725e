"""A document may be sent anew, by more than one way; what cannot be read is kept, and what is wrong is told once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("delivery") as delivery:
        delivery.add_column(sa.Column("replaces", sa.String(length=64), nullable=True))
        delivery.add_column(sa.Column("attempts_before", sa.Integer(), server_default="0", nullable=False))
        delivery.add_column(sa.Column("transport", sa.String(length=20), nullable=True))
        delivery.add_column(sa.Column("receiver_her_id", sa.String(length=9), nullable=True))
        delivery.add_column(sa.Column("receiver_parent_her_id", sa.String(length=9), nullable=True))
        delivery.add_column(sa.Column("receiver_kind", sa.String(length=20), nullable=True))
        delivery.add_column(sa.Column("apprec_status", sa.String(length=1), nullable=True))
        delivery.add_column(sa.Column("sealed_errors", sa.LargeBinary(), nullable=True))
        delivery.add_column(sa.Column("retry_by", sa.String(length=100), nullable=True))
        delivery.create_foreign_key(op.f("fk_delivery_replaces"), "delivery", ["replaces"], ["id"])
        delivery.create_unique_constraint(op.f("uq_delivery_replaces"), ["replaces"])
        delivery.drop_constraint(op.f("uq_delivery_document_id"), type_="unique")
    op.create_index(op.f("ix_delivery_document_id"), "delivery", ["document_id"])
    op.create_index(op.f("ix_delivery_reference"), "delivery", ["reference"])
    op.create_index(op.f("ix_delivery_settled_at"), "delivery", ["settled_at"])
    op.drop_index("ix_delivery_awaiting", "delivery")
    owed = "apprec_id IS NULL AND state NOT IN ('completed', 'cancelled', 'invalid')"
    _create_index_where("ix_delivery_awaiting", "delivery", "epj_id", owed)
    _create_index_where("ix_delivery_unconfirmed", "delivery", "state", "state <> 'completed'")
    _create_index_where("ix_delivery_asked", "delivery", "document_id", "due_at IS NULL AND settled_at IS NULL")
    _create_index_where("ix_document_corrects", "document", "corrects", "corrects IS NOT NULL")
    op.add_column("context", sa.Column("sealed_smart", sa.LargeBinary(), nullable=True))
    op.create_table(
        "receipt_cursor",
        sa.Column("source", sa.String(length=250), nullable=False),
        sa.Column("cursor", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_receipt_cursor")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", SEQUENCE, nullable=False),
        sa.Column("source", sa.String(length=250), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_at"), "quarantine", ["at"])
    op.create_table(
        "writeback_choice",
        sa.Column("office", sa.String(length=20), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("choice", sa.String(length=10), nullable=False),
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("chosen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("office", "service_id", name=op.f("pk_writeback_choice")),
    )
    op.create_table(
        "incident",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_incident")),
    )


def _create_index_where(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(op.f(name), table, [column], postgresql_where=where, sqlite_where=where)
