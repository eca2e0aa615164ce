"""A desk looked after."""
