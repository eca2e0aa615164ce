"""What is in docker/ agrees with itself and with the program."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.channels.web.shapes import MAX_BYTES
from bot.serving import SHUTDOWN_S

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
NGINX = (DOCKER / "nginx.conf").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(DOCKER / "compose.yaml")
SERVICES = COMPOSE["services"]
SERVING = ("serve-1", "serve-2")


def test_everything_the_dockerfile_copies_exists_and_is_let_through() -> None:
    lines = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for line in lines for source in line.split()]
    allowed = {
        line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert len(sources) > 8
    assert [source for source in sources if not (ROOT / source).exists() or source not in allowed] == []


def test_the_workspaces_secrets_and_history_stay_out_of_the_layers() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert not {"!.git", "!docker", "!docker/", "!docker/secrets"} & set(lines)
    assert {"**/.env*", "**/*.db*", "**/releases"} <= set(lines)


def test_both_images_run_without_root() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    final = [stage for stage in stages if re.match(r"base AS (serve|train)\n", stage)]
    assert [stage.count("USER 10001:10001") for stage in final] == [1, 1]


def test_what_serves_has_no_torch() -> None:
    serve = DOCKERFILE.split("FROM build AS build-serve")[1].split("FROM ")[0]
    build = DOCKERFILE.split(" AS build\n")[1].split("FROM ")[0]
    assert "train]" not in serve + build.replace("COPY training training", "")


def test_stopping_leaves_the_time_that_turns_may_take() -> None:
    for name in SERVING:
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= 2 * SHUTDOWN_S
    assert re.search(r'^ENTRYPOINT \["kefu"\]$', DOCKERFILE, re.MULTILINE), (
        "a shell would not pass SIGTERM on"
    )


def test_each_service_of_ours_is_hardened() -> None:
    for name in (*SERVING, "prepare", "train", "nginx"):
        service = SERVICES[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"], name


def test_volumes_networks_and_secrets_that_services_name_are_declared() -> None:
    for name, service in SERVICES.items():
        named = {volume.split(":")[0] for volume in service["volumes"]}
        assert {volume for volume in named if not volume.startswith(".")} <= set(COMPOSE["volumes"]), name
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"]), name
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name


def test_only_nginx_is_published_and_only_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"nginx": ["127.0.0.1:8080:8080"]}


def test_nginx_passes_to_each_process_that_serves_on_the_images_port() -> None:
    port = re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"server (serve-\d):(\d+)", NGINX) == [(name, *port) for name in SERVING]
    assert f'"--port", "{port[0]}"' in DOCKERFILE


def test_nginx_streams_what_stays_open() -> None:
    live = NGINX.split("location = /console/live")[1].split("}")[0]
    assert "proxy_buffering off" in live
    socket = NGINX.split("location = /ws")[1].split("}")[0]
    assert int(re.findall(r"proxy_read_timeout (\d+)s", socket)[0]) > 60
    assert "proxy_set_header Upgrade $http_upgrade" in NGINX


def test_nginx_lets_through_what_the_program_takes_and_repeats_no_post() -> None:
    assert int(re.findall(r"client_max_body_size (\d+)m", NGINX)[0]) * 2**20 >= MAX_BYTES
    assert "non_idempotent" not in NGINX
