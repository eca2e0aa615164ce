"""What the store gives back about staff, as plain values; secrets only where a sign-in needs them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["admin", "lead", "agent"]
ROLES: tuple[Role, ...] = ("admin", "lead", "agent")


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works at the desk. `seen_at` is when they last used the console."""

    id: int
    email: str
    name: str
    role: Role
    has_password: bool
    has_second_factor: bool
    created_at: datetime
    disabled_at: datetime | None = None
    seen_at: datetime | None = None
    has_telegram: bool = False

    @property
    def called(self) -> str:
        """The name, or the e-mail address where there is none."""
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody has to show to sign in."""

    staff: Staff
    password_hash: str | None = field(repr=False)
    totp_secret: str | None = field(repr=False)
    totp_step: int | None


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One browser that is signed in. `client` says which: address and browser."""

    id: int
    staff_id: int
    csrf_token: str = field(repr=False)
    client: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that is still good: for a new account, or with `staff_id` for a new password.

    `email` is "" on the link of the very first account, whose owner chooses it."""

    id: int
    email: str
    name: str
    role: Role
    staff_id: int | None
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, and when; `by` is "" for the command line."""

    id: int
    at: datetime
    by: str
    action: str
    target: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in, counted before it is looked at; `wait_s` > 0: one too many, not to be looked at."""

    id: int
    wait_s: int = 0
