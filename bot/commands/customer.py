"""The customer that a command is about."""

from bot.errors import BotError
from bot.store.records import Customer
from bot.store.store import Store


async def customer_of(store: Store, wanted: str) -> Customer:
    """By a channel's key or the database's id. Raises BotError where there is none."""
    customer = await store.customers.find(wanted)
    if customer is None:
        raise BotError(f"customer {wanted!r} is not in the log; wanted a key such as telegram:123 or an id")
    return customer
