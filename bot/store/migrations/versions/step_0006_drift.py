"""What live messages are like day by day, and warnings that they drift from what a release was made for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("understandings", sa.Column("nearest", sa.Float()))
    op.create_table(
        "drift_days",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("sure_from", sa.Float(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", "zone", "release", name="pk_drift_days"),
    )
    op.create_table(
        "drift_warnings",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("open_as", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_drift_warnings"),
        sa.UniqueConstraint("open_as", name="uq_drift_warnings_open_as"),
        sqlite_autoincrement=True,
    )
