"""Labels: disagreements that were settled, and proposed intents that were dismissed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "settled_labels",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer()),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_settled_labels_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_settled_labels"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_settled_labels_correction_id", "settled_labels", ["correction_id"])
    op.create_table(
        "dismissed_proposals",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("message_ids", sa.JSON(), nullable=False),
        sa.Column("staff_id", sa.Integer()),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_dismissed_proposals_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_dismissed_proposals"),
        sqlite_autoincrement=True,
    )
