"""Conversations: listed, read, answered, and put right message by message."""
