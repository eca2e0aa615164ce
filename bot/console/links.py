"""Where the console's links lead; known to the command line too."""

PREFIX = "/console"
JOIN = "/join/"


def join_path(token: str) -> str:
    """Where somebody joins or sets a new password, within the console."""
    return JOIN + token


def console_link(address: str, path: str = "/") -> str:
    """A page of the console, from the address that `kefu serve` shows: "https://desk.example/"."""
    return address.rstrip("/") + PREFIX + path
