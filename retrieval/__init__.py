"""An understanding finds answers."""
