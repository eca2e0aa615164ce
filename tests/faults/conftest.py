"""The servers and logs of tests/bot, for desks that things happen to."""

from tests.bot.conftest import empty_log, folder, log, postgres, shared, tables

__all__ = ["empty_log", "folder", "log", "postgres", "shared", "tables"]
