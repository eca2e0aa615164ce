"""Customers as one may ask for them: who they are, and all that is stored of them."""

from collections.abc import Callable
from typing import Any

from bot.store.audit import write_audit
from bot.store.databases.database import Database
from bot.store.privacy.customer_data import write_customer_data
from bot.store.privacy.ownership import find_customer
from bot.store.records import Customer


class Customers:
    """Part of a Store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, customer: str) -> Customer | None:
        """By key, or by database id where it is all digits."""
        return await self._database.read(find_customer, customer)

    async def write_data(self, customer_key: str, write: Callable[[str], Any], *, is_own_copy: bool) -> int:
        """Hand all that is stored of a customer to `write` as JSON, piece by piece; how many messages were in it.
        `is_own_copy` leaves out what staff said among themselves. Raises StoreError for an unknown customer."""
        work = write_customer_data
        return await self._database.read(work, customer_key, write, is_own_copy=is_own_copy)

    async def note_export(self, customer_id: int) -> None:
        """Write into the audit log that the command line handed out a customer's data."""
        target = str(customer_id)
        await self._database.write(lambda found: write_audit(found, None, "customer_exported", target))
