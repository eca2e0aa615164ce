"""Releases on trial."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trials",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("beside", sa.Text(), nullable=False),
        sa.Column("share", sa.Float()),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer()),
        sa.Column("dropped", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("after_message_id", sa.Integer(), nullable=False),
        sa.Column("last_message_id", sa.Integer()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("open_as", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_trials"),
        sa.UniqueConstraint("open_as", name="uq_trials_open_as"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_trials_staff_id_staff"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_decisions",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("intent", sa.Text()),
        sa.Column("confidence", sa.Float()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.Text()),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("trial_id", "message_id", name="pk_trial_decisions"),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name="fk_trial_decisions_trial_id_trials"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_trial_decisions_message_id_messages"
        ),
    )
    op.create_index("ix_trial_decisions_message_id", "trial_decisions", ["message_id"])
