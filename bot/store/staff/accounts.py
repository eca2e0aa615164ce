"""Everything the console's door needs to know and to change, one transaction a call."""

from bot.store import audit
from bot.store.databases.database import Database
from bot.store.staff import expired, invitations, joining, members, sessions, sign_ins
from bot.store.staff.records import Attempt, AuditEntry, Credentials, Invitation, Role, Staff, StaffSession


class Accounts:
    """Staff, their sessions and links, and the audit log; `by` is whose doing it is, None for the command line."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # staff

    async def is_anybody_there(self) -> bool:
        """Whether there is any account yet."""
        return await self._database.read(members.is_anybody_there)

    async def add(
        self, email: str, name: str, role: Role, password_hash: str | None = None, *, by: int | None = None
    ) -> int:
        """Raises EmailTaken."""
        return await self._database.write(members.add_staff, email, name, role, password_hash, by)

    async def find(self, staff_id: int) -> Staff | None:
        return await self._database.read(members.find_staff, staff_id)

    async def find_by_email(self, email: str) -> Staff | None:
        return await self._database.read(members.find_by_email, email)

    async def credentials(self, email: str) -> Credentials | None:
        """None for the unknown and the disabled."""
        return await self._database.read(members.find_credentials, email)

    async def everybody(self) -> list[Staff]:
        """Everybody, those who may sign in first."""
        return await self._database.read(members.list_staff)

    async def rename(self, staff_id: int, name: str, *, by: int | None = None) -> None:
        await self._database.write(members.rename, staff_id, name, by)

    async def change_role(self, staff_id: int, role: Role, *, by: int | None = None) -> None:
        """Raises LastAdmin, StaffUnknown."""
        await self._database.write(members.change_role, staff_id, role, by)

    async def disable(self, staff_id: int, *, by: int | None = None) -> None:
        """Their sessions end at once. Raises LastAdmin, StaffUnknown."""
        await self._database.write(members.disable, staff_id, by)

    async def enable(self, staff_id: int, *, by: int | None = None) -> None:
        """Raises StaffUnknown."""
        await self._database.write(members.enable, staff_id, by)

    async def set_password(
        self, staff_id: int, password_hash: str, *, by: int | None = None, keep: int | None = None
    ) -> None:
        """Sessions end, but for the one to `keep`."""
        await self._database.write(members.set_password, staff_id, password_hash, by, keep=keep)

    async def rehash_password(self, staff_id: int, was: str, password_hash: str) -> None:
        """The same password under newer parameters."""
        await self._database.write(members.rehash_password, staff_id, was, password_hash)

    async def set_second_factor(
        self, staff_id: int, secret: str | None, step: int | None = None, *, by: int | None = None
    ) -> None:
        """On, with the time step of the code that confirmed it, or off with None."""
        await self._database.write(members.set_second_factor, staff_id, secret, step, by)

    async def reset_second_factor(self, staff_id: int, *, by: int | None = None) -> None:
        """Off, and all their sessions end. Raises StaffUnknown."""
        await self._database.write(members.reset_second_factor, staff_id, by)

    async def use_totp_step(self, staff_id: int, step: int) -> bool:
        """Take a code's time step; False where one as new was taken before."""
        return await self._database.write(members.use_totp_step, staff_id, step)

    # sessions

    async def sign_in(self, staff_id: int, client: str) -> str:
        """The token of a new session."""
        return await self._database.write(sessions.create_session, staff_id, client)

    async def session(self, token: str) -> tuple[Staff, StaffSession] | None:
        """Who a token belongs to, while its session lasts."""
        return await self._database.read(members.find_signed_in, token)

    async def touch(self, session_id: int) -> None:
        """A session was used just now."""
        await self._database.write(sessions.touch_session, session_id)

    async def sessions(self, staff_id: int) -> list[StaffSession]:
        """Where somebody is signed in, the one used last first."""
        return await self._database.read(sessions.list_sessions, staff_id)

    async def sign_out(self, session_id: int, staff_id: int) -> bool:
        """End one of somebody's own sessions; False where it isn't theirs."""
        return await self._database.write(sessions.sign_out, session_id, staff_id)

    async def sign_out_elsewhere(self, staff_id: int, keep: int) -> int:
        """End somebody's sessions but one; how many."""
        return await self._database.write(sessions.sign_out_elsewhere, staff_id, keep)

    # links

    async def first_link(self) -> str | None:
        """The token of a link for the first admin; None where there is an account already."""
        return await self._database.write(joining.first_link)

    async def invite(self, email: str, role: Role, name: str = "", *, by: int | None = None) -> str:
        """The token of a link for somebody new. Raises EmailTaken."""
        return await self._database.write(joining.invite, email, role, name, by)

    async def reset_password(
        self, staff_id: int, *, by: int | None = None, second_factor: bool = False
    ) -> str:
        """The token of a link for a new password; the old one is void at once. Raises StaffUnknown."""
        return await self._database.write(joining.reset_password, staff_id, by, second_factor=second_factor)

    async def invitation(self, token: str) -> Invitation | None:
        """What a link is for, while it is good."""
        return await self._database.read(invitations.find_invitation, token)

    async def invitations(self) -> list[Invitation]:
        """Links that are good, the newest first."""
        return await self._database.read(invitations.list_invitations)

    async def withdraw(self, invitation_id: int, *, by: int | None = None) -> bool:
        """Make a link useless; False where it is so already."""
        return await self._database.write(invitations.withdraw_invitation, invitation_id, by)

    async def join(self, token: str, email: str, name: str, password_hash: str) -> Staff:
        """Open an account by a link. Raises LinkSpent, EmailTaken."""
        return await self._database.write(joining.join, token, email, name, password_hash)

    async def set_password_by_link(self, token: str, password_hash: str) -> None:
        """Raises LinkSpent."""
        await self._database.write(joining.set_password_by_link, token, password_hash)

    # limits

    async def take_attempt(self, email: str, client: str) -> Attempt:
        """Count a try to sign in before looking at it."""
        return await self._database.write(sign_ins.take_attempt, email, client)

    async def note_failure(self, whose: str, client: str) -> None:
        """Keep that somebody failed to sign in, as that account or, with "", as nobody's."""
        await self._database.write(sign_ins.note_failure, whose, client)

    async def forgive_attempt(self, attempt_id: int) -> None:
        """It was right, though more is asked for."""
        await self._database.write(sign_ins.forgive_attempt, attempt_id)

    async def forgive_email(self, email: str) -> None:
        """Somebody is who they say."""
        await self._database.write(sign_ins.forgive_email, email)

    # audit

    async def audit(self, before_id: int | None = None, limit: int = 50) -> list[AuditEntry]:
        """What was done, the newest first, ids below `before_id`."""
        return await self._database.read(audit.read_audit, before_id, limit)

    # upkeep

    async def delete_expired(self) -> int:
        """Delete some of what has served its time; how much. See bot/store/staff/expired.py."""
        return await self._database.write(expired.delete_expired)
