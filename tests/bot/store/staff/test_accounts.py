"""Staff, sessions, links, limits and the audit log."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.store.staff.accounts import Accounts
from bot.store.staff.invitations import LinkSpent
from bot.store.staff.members import EmailTaken, LastAdmin, StaffUnknown
from bot.store.staff.sessions import IDLE, LONGEST
from bot.store.staff.sign_ins import PER_CLIENT, PER_EMAIL, WINDOW
from bot.store.store import Store
from bot.store.tables.accounts import invitations, sign_ins, staff, staff_sessions
from bot.store.values import now

CLIENT = "192.0.2.7/32"


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return store.accounts


async def put(store: Store, statement: Any) -> None:
    await store._database.write(lambda connection: connection.execute(statement))


async def told(accounts: Accounts) -> list[str]:
    """What the audit log tells, the oldest first."""
    return [entry.action for entry in reversed(await accounts.audit())]


async def make_admin(accounts: Accounts, email: str = "ana@shop.example") -> int:
    return await accounts.add(email, "Ana", "admin", "hash")


# staff


async def test_an_address_is_one_account_however_it_is_written(accounts: Accounts) -> None:
    ana = await accounts.add(" Ana@Shop.Example ", "Ana", "agent")

    found = await accounts.find_by_email("ANA@shop.example")

    assert found is not None
    assert (found.id, found.email, found.name, found.role) == (ana, "ana@shop.example", "Ana", "agent")
    with pytest.raises(EmailTaken, match=r"'ana@shop\.example'"):
        await accounts.add("ana@SHOP.example", "Another", "admin")


async def test_two_who_add_an_address_at_once_make_one_account(store: Store, url: str) -> None:
    async with await Store.open(url, exclusive=False) as other:
        adding = [each.accounts.add("ana@shop.example", "", "agent") for each in (store, other) * 5]
        results = await asyncio.gather(*adding, return_exceptions=True)

    assert sum(isinstance(result, int) for result in results) == 1
    assert all(isinstance(result, int | EmailTaken) for result in results)


async def test_secrets_are_not_in_what_is_shown(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    await accounts.set_second_factor(ana, "SECRETSECRET", 1)

    credentials = await accounts.credentials("ana@shop.example")

    assert credentials is not None
    assert (credentials.password_hash, credentials.totp_secret) == ("hash", "SECRETSECRET")
    assert "SECRETSECRET" not in repr(credentials)
    assert "'hash'" not in repr(credentials)


async def test_the_last_admin_stays(accounts: Accounts) -> None:
    ana, ben = await make_admin(accounts), await make_admin(accounts, "ben@shop.example")
    await accounts.disable(ben, by=ana)

    with pytest.raises(LastAdmin, match=r"ana@shop\.example is the last admin"):
        await accounts.disable(ana)
    with pytest.raises(LastAdmin):
        await accounts.change_role(ana, "lead")
    await accounts.enable(ben, by=ana)
    await accounts.change_role(ana, "lead")
    with pytest.raises(LastAdmin):
        await accounts.disable(ben)
    assert await told(accounts) == ["added", "added", "disabled", "enabled", "role_changed"]


async def test_two_admins_who_demote_each_other_at_once_leave_one(store: Store, url: str) -> None:
    ana, ben = await make_admin(store.accounts), await make_admin(store.accounts, "ben@shop.example")
    async with await Store.open(url, exclusive=False) as other:
        results = await asyncio.gather(
            store.accounts.change_role(ana, "agent"), other.accounts.disable(ben), return_exceptions=True
        )

    assert {type(result) for result in results} == {LastAdmin, type(None)}


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts: accounts.rename(4711, "X"),
        lambda accounts: accounts.change_role(4711, "lead"),
        lambda accounts: accounts.disable(4711),
        lambda accounts: accounts.enable(4711),
        lambda accounts: accounts.set_password(4711, "hash"),
        lambda accounts: accounts.set_second_factor(4711, None),
        lambda accounts: accounts.reset_second_factor(4711),
        lambda accounts: accounts.reset_password(4711),
    ],
)
async def test_a_change_of_nobody_is_refused_and_not_noted(
    accounts: Accounts, change: Callable[[Accounts], Any]
) -> None:
    with pytest.raises(StaffUnknown):
        await change(accounts)
    assert await told(accounts) == []


async def test_a_disabled_account_is_closed_at_once(accounts: Accounts) -> None:
    ana, ben = await make_admin(accounts), await make_admin(accounts, "ben@shop.example")
    token = await accounts.sign_in(ben, "a browser")
    link = await accounts.invite("his.friend@shop.example", "admin", by=ben)
    await accounts.disable(ben, by=ana)

    assert await accounts.session(token) is None
    assert await accounts.credentials("ben@shop.example") is None
    assert await accounts.invitation(link) is None
    await accounts.enable(ben, by=ana)
    assert await accounts.session(token) is None


async def test_a_code_is_taken_once_however_many_try_it(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    await accounts.set_second_factor(ana, "SECRET", 100)

    taken = await asyncio.gather(*(accounts.use_totp_step(ana, 101) for _ in range(5)))

    assert sorted(taken) == [False] * 4 + [True]
    assert not await accounts.use_totp_step(ana, 100)
    assert await accounts.use_totp_step(ana, 102)


async def test_a_newer_hash_does_not_undo_a_change_of_password(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    await accounts.set_password(ana, "new")
    await accounts.rehash_password(ana, "hash", "hash again")

    credentials = await accounts.credentials("ana@shop.example")

    assert credentials is not None
    assert credentials.password_hash == "new"


# sessions


async def test_a_token_is_stored_as_its_hash_only(store: Store) -> None:
    ana = await make_admin(store.accounts)
    token = await store.accounts.sign_in(ana, "a browser")

    rows = await store._database.read(lambda connection: connection.execute(select(staff_sessions)).all())

    assert len(token) >= 43
    assert token not in str(rows)
    signed_in = await store.accounts.session(token)
    assert signed_in is not None
    assert signed_in[0].id == signed_in[1].staff_id == ana
    assert await store.accounts.session(token + "x") is None
    assert await store.accounts.session("") is None


@pytest.mark.parametrize(("column", "age"), [("seen_at", IDLE), ("expires_at", timedelta(0))])
async def test_a_session_ends_by_itself(store: Store, column: str, age: timedelta) -> None:
    ana = await make_admin(store.accounts)
    token = await store.accounts.sign_in(ana, "a browser")
    signed_in = await store.accounts.session(token)
    assert signed_in is not None
    assert timedelta(0) <= signed_in[1].created_at + LONGEST - signed_in[1].expires_at < timedelta(seconds=1)

    await put(store, update(staff_sessions).values({column: now() - age}))

    assert await store.accounts.session(token) is None
    assert await store.accounts.sessions(ana) == []


async def test_a_session_in_use_goes_on(store: Store) -> None:
    ana = await make_admin(store.accounts)
    token = await store.accounts.sign_in(ana, "a browser")
    [session] = await store.accounts.sessions(ana)
    await put(store, update(staff_sessions).values(seen_at=now() - IDLE + timedelta(minutes=1)))
    await store.accounts.touch(session.id)

    signed_in = await store.accounts.session(token)

    assert signed_in is not None
    assert now() - signed_in[1].seen_at < timedelta(minutes=1)


async def test_one_ends_ones_own_sessions_and_nobody_elses(accounts: Accounts) -> None:
    ana, ben = await make_admin(accounts), await make_admin(accounts, "ben@shop.example")
    tokens = [await accounts.sign_in(who, "a browser") for who in (ana, ana, ana, ben)]
    newest, *_ = await accounts.sessions(ana)
    [of_ben] = await accounts.sessions(ben)

    assert not await accounts.sign_out(of_ben.id, ana)
    assert await accounts.sign_out(newest.id, ana)
    assert not await accounts.sign_out(newest.id, ana)
    left, _ = await accounts.sessions(ana)
    assert await accounts.sign_out_elsewhere(ana, left.id) == 1
    assert [await accounts.session(token) is not None for token in tokens].count(True) == 2
    assert await accounts.session(tokens[3]) is not None


async def test_a_new_password_ends_the_other_sessions_and_links(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    link = await accounts.reset_password(ana)
    tokens = [await accounts.sign_in(ana, "a browser") for _ in range(2)]
    newest, *_ = await accounts.sessions(ana)
    await accounts.set_password(ana, "new", by=ana, keep=newest.id)

    assert [await accounts.session(token) is not None for token in tokens] == [False, True]
    assert await accounts.invitation(link) is None


# links


async def test_a_link_opens_one_account_with_the_role_and_address_it_names(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    link = await accounts.invite("Ben@shop.example", "lead", by=ana)

    ben = await accounts.join(link, "somebody.else@shop.example", " Ben ", "hash")

    assert (ben.email, ben.name, ben.role, ben.has_password) == ("ben@shop.example", "Ben", "lead", True)
    with pytest.raises(LinkSpent):
        await accounts.join(link, "", "Carl", "hash")
    assert await told(accounts) == ["added", "invited", "joined"]


async def test_of_many_who_use_a_link_at_once_one_joins(store: Store, url: str) -> None:
    link = await store.accounts.first_link()
    assert link is not None
    async with await Store.open(url, exclusive=False) as other:
        joining = [
            each.accounts.join(link, f"{number}@shop.example", "", "hash")
            for number, each in enumerate((store, other) * 4)
        ]
        results = await asyncio.gather(*joining, return_exceptions=True)

    assert sum(isinstance(result, LinkSpent) for result in results) == 7
    assert len(await store.accounts.everybody()) == 1


async def test_a_link_that_failed_is_still_good(accounts: Accounts) -> None:
    link = await accounts.invite("ben@shop.example", "agent")
    await accounts.add("ben@shop.example", "", "agent")
    with pytest.raises(EmailTaken):
        await accounts.join(link, "", "Ben", "hash")

    assert await accounts.invitation(link) is not None


async def test_an_old_or_withdrawn_or_replaced_link_opens_nothing(store: Store) -> None:
    accounts = store.accounts
    replaced = await accounts.invite("ben@shop.example", "agent")
    withdrawn = await accounts.invite("ben@shop.example", "agent")
    [open_one] = await accounts.invitations()
    assert await accounts.withdraw(open_one.id)
    assert not await accounts.withdraw(open_one.id)
    old = await accounts.invite("carl@shop.example", "agent")
    await put(
        store, update(invitations).where(invitations.c.email == "carl@shop.example").values(expires_at=now())
    )

    for link in (replaced, withdrawn, old, "", "x" * 43):
        assert await accounts.invitation(link) is None
        with pytest.raises(LinkSpent):
            await accounts.join(link, "", "", "hash")
    assert await accounts.everybody() == []


async def test_links_for_the_first_admin_are_void_once_there_is_an_account(accounts: Accounts) -> None:
    links = [await accounts.first_link() for _ in range(2)]
    assert await accounts.invitations() == []
    first = await accounts.join(str(links[0]), "ana@shop.example", "Ana", "hash")

    assert first.role == "admin"
    assert await accounts.first_link() is None
    with pytest.raises(LinkSpent):
        await accounts.join(str(links[1]), "eve@shop.example", "Eve", "hash")


async def test_links_of_a_former_admin_are_void(accounts: Accounts) -> None:
    ana, ben = await make_admin(accounts), await make_admin(accounts, "ben@shop.example")
    link = await accounts.invite("eve@shop.example", "admin", by=ben)
    await accounts.change_role(ben, "agent", by=ana)

    assert await accounts.invitation(link) is None


async def test_a_reset_voids_the_old_password_until_a_new_one_is_set(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    await accounts.set_second_factor(ana, "SECRET", 1)
    token = await accounts.sign_in(ana, "a browser")
    link = await accounts.reset_password(ana, second_factor=True)

    credentials = await accounts.credentials("ana@shop.example")
    assert credentials is not None
    assert (credentials.password_hash, credentials.totp_secret) == (None, None)
    assert await accounts.session(token) is None
    await accounts.set_password_by_link(link, "new")
    with pytest.raises(LinkSpent):
        await accounts.set_password_by_link(link, "newer")
    credentials = await accounts.credentials("ana@shop.example")
    assert credentials is not None
    assert credentials.password_hash == "new"


async def test_a_link_for_a_new_account_sets_no_password_and_the_other_way_round(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    invited, reset = await accounts.invite("ben@shop.example", "agent"), await accounts.reset_password(ana)
    with pytest.raises(StaffUnknown):
        await accounts.set_password_by_link(invited, "new")
    with pytest.raises(EmailTaken):
        await accounts.join(reset, "eve@shop.example", "Eve", "hash")


# limits


async def test_after_some_tries_one_waits_and_a_restart_changes_nothing(url: str) -> None:
    async with await Store.open(url) as store:
        for _ in range(PER_EMAIL):
            assert (await store.accounts.take_attempt("ana@shop.example", CLIENT)).wait_s == 0
    async with await Store.open(url) as store:
        wait_s = (await store.accounts.take_attempt("ana@shop.example", "198.51.100.1/32")).wait_s
        assert WINDOW.total_seconds() - 60 < wait_s <= WINDOW.total_seconds()
        assert (await store.accounts.take_attempt("ben@shop.example", CLIENT)).wait_s == 0
        await put(store, update(sign_ins).values(at=now() - WINDOW))
        assert (await store.accounts.take_attempt("ana@shop.example", CLIENT)).wait_s == 0


async def test_an_address_that_tries_many_accounts_waits(accounts: Accounts) -> None:
    for number in range(PER_CLIENT):
        assert (await accounts.take_attempt(f"{number}@shop.example", CLIENT)).wait_s == 0

    assert (await accounts.take_attempt("ana@shop.example", CLIENT)).wait_s > 0
    assert (await accounts.take_attempt("ana@shop.example", "198.51.100.1/32")).wait_s == 0


async def test_many_tries_at_once_are_no_way_around(store: Store, url: str) -> None:
    async with await Store.open(url, exclusive=False) as other:
        tries = [each.accounts.take_attempt("ana@shop.example", CLIENT) for each in (store, other) * 10]
        attempts = await asyncio.gather(*tries)

    assert sum(attempt.wait_s == 0 for attempt in attempts) == PER_EMAIL


async def test_who_got_in_starts_anew_and_others_do_not(accounts: Accounts) -> None:
    for _ in range(PER_EMAIL - 1):
        await accounts.take_attempt("ana@shop.example", CLIENT)
    for _ in range(PER_EMAIL):
        await accounts.take_attempt("ben@shop.example", CLIENT)
    attempt = await accounts.take_attempt("ana@shop.example", CLIENT)
    await accounts.forgive_attempt(attempt.id)
    assert (await accounts.take_attempt("ana@shop.example", CLIENT)).wait_s == 0
    assert (await accounts.take_attempt("ana@shop.example", CLIENT)).wait_s > 0
    await accounts.forgive_email("ana@shop.example")

    assert (await accounts.take_attempt("ana@shop.example", CLIENT)).wait_s == 0
    assert (await accounts.take_attempt("ben@shop.example", CLIENT)).wait_s > 0


# audit


async def test_the_audit_log_says_who_did_what_page_by_page(accounts: Accounts) -> None:
    ana = await make_admin(accounts)
    ben = await accounts.add("ben@shop.example", "Ben", "agent", by=ana)
    await accounts.change_role(ben, "lead", by=ana)
    await accounts.rename(ben, "Benedict", by=ben)

    newest, before = await accounts.audit(limit=2)

    assert (newest.by, newest.action, newest.target) == ("ben@shop.example", "renamed", "ben@shop.example")
    assert (before.by, before.details) == ("ana@shop.example", {"was": "agent", "role": "lead"})
    rest = await accounts.audit(before.id)
    assert [(entry.by, entry.action) for entry in rest] == [("ana@shop.example", "added"), ("", "added")]


async def test_a_change_that_fails_leaves_no_trace_in_the_audit_log(store: Store) -> None:
    ana = await make_admin(store.accounts)
    await put(store, update(staff).values(name="Ana"))
    with pytest.raises(LastAdmin):
        await store.accounts.disable(ana)

    assert await told(store.accounts) == ["added"]
