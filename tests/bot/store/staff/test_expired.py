"""What has served its time at the console's door is deleted, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select, update

from bot.store.staff import expired
from bot.store.staff.sessions import IDLE
from bot.store.staff.sign_ins import PER_EMAIL, WINDOW
from bot.store.store import Store
from bot.store.tables.accounts import invitations, sign_ins, staff_sessions, telegram_codes
from bot.store.values import now


async def put(store: Store, statement: Any) -> None:
    await store._database.write(lambda connection: connection.execute(statement))


async def count(store: Store, table: Table) -> int:
    query = select(func.count()).select_from(table)
    return int(await store._database.read(lambda connection: connection.execute(query).scalar_one()))


async def test_sessions_that_ended_go_and_open_ones_stay(store: Store) -> None:
    accounts = store.accounts
    ana, ben = [await accounts.add(f"{name}@shop.example", name, "admin") for name in ("ana", "ben")]
    tokens = [await accounts.sign_in(ana, f"browser {number}") for number in range(4)]
    revoked, expired_one, idle, _ = (one.id for one in reversed(await accounts.sessions(ana)))
    await accounts.sign_out(revoked, ana)
    last = await accounts.sign_in(ben, "the only one")
    await put(
        store, update(staff_sessions).where(staff_sessions.c.id == expired_one).values(expires_at=now())
    )
    long_ago = now() - IDLE - timedelta(minutes=1)
    theirs = (staff_sessions.c.id == idle) | (staff_sessions.c.staff_id == ben)
    await put(store, update(staff_sessions).where(theirs).values(seen_at=long_ago))

    assert await accounts.delete_expired() == 3
    assert await accounts.delete_expired() == 0

    assert await accounts.session(tokens[3]) is not None
    assert await accounts.session(last) is None
    seen = {one.id: one.seen_at for one in await accounts.everybody()}
    assert seen[ben] == long_ago, "the team's page says when they were there last"
    assert await count(store, staff_sessions) == 2


async def test_links_and_codes_that_are_good_no_longer_go(store: Store) -> None:
    accounts = store.accounts
    used = await accounts.invite("ana@shop.example", "admin")
    ana = await accounts.join(used, "", "Ana", "hash")
    await accounts.invite("ben@shop.example", "agent")
    replaced_by = await accounts.invite("ben@shop.example", "agent")
    old_code, code = [await store.staff_group.make_code(ana.id) for _ in range(2)]

    assert await accounts.delete_expired() == 3

    assert await accounts.invitation(replaced_by) is not None
    assert (await count(store, invitations), await count(store, telegram_codes)) == (1, 1)
    assert await store.staff_group.link(old_code, 7) is None
    assert await store.staff_group.link(code, 7) is not None
    await put(store, update(invitations).values(expires_at=now()))
    assert await accounts.delete_expired() == 2
    assert await accounts.invitation(replaced_by) is None


async def test_tries_go_once_no_limit_counts_them(store: Store) -> None:
    for _ in range(PER_EMAIL):
        await store.accounts.take_attempt("ana@shop.example", "192.0.2.7/32")
    assert await store.accounts.delete_expired() == 0
    assert (await store.accounts.take_attempt("ana@shop.example", "192.0.2.7/32")).wait_s > 0
    await put(store, update(sign_ins).values(at=now() - WINDOW))
    assert await store.accounts.delete_expired() == PER_EMAIL
    assert await count(store, sign_ins) == 0


async def test_much_goes_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expired, "BATCH", 4)
    about = {"email": "a@b.example", "at": now() - WINDOW}
    await put(store, insert(sign_ins).values([about | {"client": str(number)} for number in range(10)]))
    assert [await store.accounts.delete_expired() for _ in range(4)] == [4, 4, 2, 0]
