"""Customers' words at rest, encrypted where there is a key."""
