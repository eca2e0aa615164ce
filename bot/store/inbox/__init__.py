"""Conversations as staff work on them."""
