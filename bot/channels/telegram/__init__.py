"""The Telegram channel: updates in, replies out, nothing lost between."""
