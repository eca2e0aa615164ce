"""Conversations, on SQLAlchemy."""
