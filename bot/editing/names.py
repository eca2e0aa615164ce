"""What an answer and an intent may be called."""

from bot.editing.errors import EditRefused
from retrieval.answer_files import NAME

MAX_NAME = 80


def check_name(what: str, name: str) -> None:
    """Raises EditRefused for a name that files can't have; "new" is the page for new ones."""
    if not NAME.fullmatch(name) or len(name) > MAX_NAME or (what == "id" and name == "new"):
        raise EditRefused(
            f"{what} is {name[:MAX_NAME]!r}; wanted small letters, digits and _ (such as order_status)"
        )
