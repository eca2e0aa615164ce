"""Staff for the tests: rows to refer to."""

from datetime import UTC, datetime

from sqlalchemy import insert

from bot.store.store import Store
from bot.store.tables.accounts import staff


async def add_colleague(store: Store, name: str) -> int:
    """A staff member's id."""
    values = {"email": f"{name}@shop.example", "name": name, "role": "agent", "created_at": datetime.now(UTC)}
    return await store._database.write(
        lambda connection: int(
            connection.execute(insert(staff).values(values).returning(staff.c.id)).scalar_one()
        )
    )
