"""Each host renders the public page from its own copy of the catalogue; rendered pages are not kept any more.

Run it when no host of the earlier version is left: those read this table.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("catalogue_page")
