"""The staff's group on Telegram, a topic for each conversation."""
