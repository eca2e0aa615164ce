"""What the desk does beside its work."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from bot.store.staff.sign_ins import WINDOW
from bot.store.store import Store
from bot.store.tables.accounts import sign_ins
from bot.store.tables.figures import day_figures
from bot.upkeep import Upkeep
from tests.bot.store.log import Log

ZONE = ZoneInfo("Asia/Shanghai")


async def test_a_look_deletes_what_expired_and_counts_the_days_of_the_desks_zone(log: Store) -> None:
    begin = datetime.now(UTC) - timedelta(days=5)
    await Log(log).say(begin, "7")
    old = {"email": "a@b.example", "client": "x", "at": datetime.now(UTC) - WINDOW}
    await log._database.write(lambda connection: connection.execute(insert(sign_ins).values(old)))

    await Upkeep(log, ZONE, pause_s=0).look()

    left = await log._database.read(lambda connection: connection.execute(select(sign_ins)).all())
    kept = await log._database.read(lambda connection: connection.execute(select(day_figures)).all())
    assert left == []
    assert {row.zone for row in kept} == {"Asia/Shanghai"}
    assert begin.astimezone(ZONE).date().isoformat() in {row.day for row in kept}
    assert len(kept) in (4, 5)
