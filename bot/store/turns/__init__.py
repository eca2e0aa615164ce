"""Messages as they arrive, and what came of them."""
