"""Retrainings with their steps, and the schedule."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def upgrade() -> None:
    op.create_table(
        "retrainings",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("open_as", sa.Text()),
        sa.Column("due", sa.Text()),
        _text("asked_by"),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("beat_at", moment),
        _text("worker"),
        _text("release"),
        _text("note"),
        sa.PrimaryKeyConstraint("id", name="pk_retrainings"),
        sa.UniqueConstraint("open_as", name="uq_retrainings_open_as"),
        sa.UniqueConstraint("due", name="uq_retrainings_due"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "retraining_steps",
        sa.Column("retraining_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        _text("stage"),
        _number("done"),
        _number("total"),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("retraining_id", "name", name="pk_retraining_steps"),
        sa.ForeignKeyConstraint(
            ["retraining_id"], ["retrainings.id"], name="fk_retraining_steps_retraining_id_retrainings"
        ),
    )
    op.create_table(
        "retraining_schedule",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        _text("every"),
        _text("set_by"),
        sa.Column("set_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_retraining_schedule"),
    )
