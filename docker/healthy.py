"""Exit with 0 if the desk in this container answers on /healthz, or on the path that is given."""

import sys
from http.client import HTTPConnection, HTTPException

PORT = 8080
WITHIN_S = 4.0


def is_healthy(path: str, port: int = PORT) -> bool:
    """Whether it answers 200 in time."""
    connection = HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_healthy(sys.argv[1] if len(sys.argv) > 1 else "/healthz"))
