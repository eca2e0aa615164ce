"""A real nginx with docker/nginx.conf, on this machine's ports and files."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOCKER = Path(__file__).parents[2] / "docker"
PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/bin")
STARTS_WITHIN_S = 10.0


def configure(folder: Path, port: int, desks: tuple[str, str]) -> Path:
    """Write the configuration with other addresses and no other change; its file."""
    inner = folder / "desk.conf"
    inner.write_text((DOCKER / "desk.conf").read_text("utf-8"), "utf-8")
    conf = (DOCKER / "nginx.conf").read_text("utf-8")
    for there, here in {
        "/tmp/": f"{folder}/",  # noqa: S108
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
        "/etc/nginx/desk.conf": str(inner),
        "listen 8080": f"listen 127.0.0.1:{port}",
        "serve-1:8080": desks[0],
        "serve-2:8080": desks[1],
    }.items():
        assert there in conf
        conf = conf.replace(there, here)
    file = folder / "nginx.conf"
    file.write_text(conf, "utf-8")
    return file


def check(conf: Path) -> subprocess.CompletedProcess[str]:
    """`nginx -t`."""
    assert PROGRAM is not None
    return subprocess.run([PROGRAM, "-t", "-c", conf], capture_output=True, text=True, check=False)


def with_tls(conf: Path) -> None:
    """Take the comment signs from the server with TLS, as the page on deployment says, and make it a certificate.

    `http2 on` is left out: nginx before 1.25 doesn't know it."""
    folder = conf.parent
    pair = ("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=desk.example",
            *pair,
        ],
        capture_output=True,
        check=True,
    )
    before, server, after = conf.read_text("utf-8").partition("    # server {")
    assert server
    lines = [line.replace("# ", "", 1) for line in (server + after).splitlines() if "http2 on" not in line]
    text = before + "\n".join(lines)
    conf.write_text(
        text.replace("/etc/nginx/tls", str(folder)).replace("listen 8443", "listen 127.0.0.1:18443"), "utf-8"
    )


@contextmanager
def running(conf: Path, port: int) -> Iterator[None]:
    """nginx, until the end of the block."""
    assert PROGRAM is not None
    process = subprocess.Popen([PROGRAM, "-c", conf, "-g", "daemon off;"])
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not _is_open(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
