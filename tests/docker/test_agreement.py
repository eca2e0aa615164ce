"""Ports, paths, times and limits in docker/ are those of the program."""

import json
import re
import tomllib
from fnmatch import fnmatch
from typing import Any

from bot.channels.web.live import HEARTBEAT_S
from bot.channels.web.shapes import MAX_BYTES
from bot.console.app import ROUTES as CONSOLE
from bot.console.live import QUIET_S
from bot.serving import SHUTDOWN_S
from tests.docker.files import ROOT, compose, objects, seconds, text

WEB = (ROOT / "bot" / "channels" / "web" / "app.py").read_text("utf-8")
PATHS = {*re.findall(r'web\.(?:get|post)\("([^"]+)"', WEB)} | {f"/console{route.path}" for route in CONSOLE}
UNIT = dict(line.split("=", 1) for line in text("kefu.service").splitlines() if re.match(r"[A-Z]\w+=", line))
KILLED_BY_THEN = SHUTDOWN_S + 20  # Telegram's and the database's connections are closed after that


def locations() -> dict[str, str]:
    """What desk.conf says of single paths."""
    return dict(re.findall(r"location = (\S+) \{(.*?)\n\}", text("desk.conf"), re.DOTALL))


def directive(name: str, block: str) -> str:
    found = re.search(rf"^\s*{name} (.+?);", block, re.MULTILINE)
    assert found, name
    return found[1]


def in_seconds(value: str) -> int:
    return int(value[:-1]) * {"s": 1, "m": 60, "h": 3600}[value[-1]]


def container() -> Any:
    [deployment] = objects("Deployment")
    [found] = deployment["spec"]["template"]["spec"]["containers"]
    return found


def test_nginx_names_only_paths_that_the_desk_has() -> None:
    assert locations().keys() <= PATHS


def test_nginx_passes_at_once_what_the_desk_streams() -> None:
    streaming = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*.py")
        if re.search(r"web\.(WebSocketResponse|StreamResponse)\(", path.read_text("utf-8"))
    }
    assert streaming == {"bot/channels/web/live.py", "bot/console/live.py"}, "a new one needs a location"
    for path in ("/ws", "/console/live"):
        assert directive("proxy_buffering", locations()[path]) == "off"
        assert in_seconds(directive("proxy_read_timeout", locations()[path])) > max(HEARTBEAT_S, QUIET_S)


def test_nginx_takes_what_the_desk_takes() -> None:
    size = directive("client_max_body_size", text("nginx.conf"))
    assert int(size.removesuffix("m")) * 2**20 > MAX_BYTES


def test_health_is_asked_for_where_it_is_told() -> None:
    probes = {name: container()[name]["httpGet"]["path"] for name in container() if name.endswith("Probe")}
    assert probes == {
        "startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz",
    }  # fmt: skip
    in_compose = compose()["services"]["nginx"]["healthcheck"]["test"][-1]
    in_image = re.search(r'else "(/\w+)"', text("healthy.py"))
    assert in_image is not None
    asked = {*probes.values(), "/" + in_compose.rpartition("/")[2], in_image[1]}
    assert asked == {"/healthz", "/readyz"} <= PATHS


def test_everybody_means_the_same_port() -> None:
    dockerfile = text("Dockerfile")
    command = json.loads(directive_of_image("CMD", dockerfile))
    ports = {
        command[-1],
        directive_of_image("EXPOSE", dockerfile),
        *re.findall(r"^PORT = (\d+)", text("healthy.py"), re.MULTILINE),
        *re.findall(r"server serve-\d:(\d+)", text("nginx.conf")),
        str(container()["ports"][0]["containerPort"]),
        compose()["services"]["nginx"]["ports"][0].rpartition(":")[2],
        directive("listen", text("nginx.conf")),
        str(objects("NetworkPolicy")[0]["spec"]["ingress"][0]["ports"][0]["port"]),
        UNIT["ExecStart"].split()[-1],
    }
    assert ports == {"8080"}


def directive_of_image(name: str, dockerfile: str) -> str:
    """The last of a name; the commands of health checks are indented."""
    return re.findall(rf"^{name} (.+)$", dockerfile, re.MULTILINE)[-1]


def test_everybody_means_the_same_user_and_never_root() -> None:
    assert directive_of_image("USER", text("Dockerfile")) == "10001:10001"
    [deployment], [job] = objects("Deployment"), objects("Job")
    for pods in (deployment, job):
        context = pods["spec"]["template"]["spec"]["securityContext"]
        assert {context["runAsUser"], context["runAsGroup"], context["fsGroup"]} == {10001}
    for name, service in compose()["services"].items():
        assert service.get("user") != "root", name
        assert service.get("user") or service["image"].startswith("kefu:"), name


def test_nobody_is_killed_before_what_is_under_way_is_finished() -> None:
    [deployment] = objects("Deployment")
    pause = int(container()["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= KILLED_BY_THEN + pause
    assert int(UNIT["TimeoutStopSec"]) >= KILLED_BY_THEN
    for name, service in compose()["services"].items():
        if "kefu" in service.get("image", "") and "entrypoint" not in service:
            assert seconds(service["stop_grace_period"]) >= KILLED_BY_THEN, name


def test_every_service_is_confined_and_limited() -> None:
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] in {"unless-stopped", "no"}, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert {"memory", "pids"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert "ports" not in service or name == "nginx"


def test_the_image_has_the_projects_version_and_no_secret() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (
        directive_of_image("ARG VERSION=", text("Dockerfile").replace("VERSION=", "VERSION= "))
        == project["version"]
    )
    assert not re.search(r"(ENV|ARG) .*(TOKEN|KEY|PASSWORD|SECRET|DATABASE_URL)", text("Dockerfile"))


def test_the_build_gets_what_it_copies_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = [line[1:] for line in lines if line.startswith("!")]
    assert lines[1] == "*"
    copied = {
        name.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.+)$", text("Dockerfile"), re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert copied == {*let_in}
    assert all((ROOT / name).exists() for name in copied)
    kept_out = [line for line in lines if line.startswith("**/")]
    for name in ("kefu.db", "kefu.db-wal", ".env"):
        assert any(fnmatch(f"x/{name}", pattern) for pattern in kept_out), name


def test_environment_variables_of_the_example_are_those_that_are_read() -> None:
    named = {*re.findall(r"^#? ?([A-Z_]+)=", text("env.example"), re.MULTILINE)}
    read = {*re.findall(r"\$\{([A-Z_]+)", text("compose.yaml"))}
    assert read <= named
    documented = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert named - read == {"ORDERS_TOKEN"}
    for name in re.findall(r"^ {4}([A-Z_]+)_FILE:", text("compose.yaml"), re.MULTILINE):
        assert f"`{name}`" in documented, name
