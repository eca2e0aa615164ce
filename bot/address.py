"""The desk's own address: what to type into a browser."""

from bot.settings import Web


def address(options: Web, port: int) -> str:
    """Where the desk is reached, with a slash at the end."""
    if options.public_url:
        return options.public_url.rstrip("/") + "/"
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::", ""} else options.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
