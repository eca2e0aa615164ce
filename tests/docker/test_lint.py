"""The files are what Docker, Compose, Kubernetes, nginx and systemd read, as far as their own tools can say."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.secrets.values import secret
from tests.docker import nginx
from tests.docker.files import BIN, DOCKER, MANIFESTS, objects


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    linted = run(BIN / "hadolint", DOCKER / "Dockerfile")
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(DOCKER, tmp_path / "docker", ignore=shutil.ignore_patterns(".env"))
    return tmp_path / "docker"


def test_compose_reads_its_file_with_every_profile(copy: Path) -> None:
    (copy / ".env").write_text("ORDERS_TOKEN=def\n")
    assert config_of(copy)["services"]["serve-1"]["environment"]["ORDERS_TOKEN"] == "def"


def config_of(copy: Path) -> Any:
    """What Compose makes of its file."""
    read = run(
        BIN / "docker-compose", "-f", copy / "compose.yaml", "--profile", "*", "config", "--format", "json"
    )
    assert (read.returncode, read.stderr) == (0, "")
    return json.loads(read.stdout)


def test_secrets_are_made_once_in_a_folder_closed_to_others(copy: Path) -> None:
    made = {}
    for _ in range(2):
        assert run(copy / "make_secrets.sh").returncode == 0
        before, made = made, {path.name: path.read_text() for path in (copy / "secrets").iterdir()}
    assert before == made
    password = made["database_password"].strip()
    assert made["database_url"] == f"postgresql://kefu:{password}@postgres/kefu\n"
    assert len({made["api_key"], made["signing_key"], made["database_password"]}) == 3
    assert all(len(made[name].strip()) == 64 for name in ("api_key", "signing_key", "database_password"))
    assert (copy / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (copy / "secrets").iterdir()} == {0o644}


@pytest.mark.parametrize(
    "more", ["", "TELEGRAM_BOT_TOKEN_AT=secrets/token\nKEFU_ENCRYPTION_KEY_AT=/etc/kefu/key\n"]
)
def test_a_desk_in_compose_finds_its_secrets_in_files_and_none_in_its_environment(
    copy: Path, more: str
) -> None:
    run(copy / "make_secrets.sh")
    (copy / ".env").write_text(more)
    config = config_of(copy)
    files = {name: Path(one["file"]) for name, one in config["secrets"].items()}
    for name in ("serve-1", "serve-2", "train", "postgres"):
        service = config["services"][name]
        mounted = {
            f"/run/secrets/{one['target'].rpartition('/')[2]}": files[one["source"]]
            for one in service["secrets"]
        }
        named = {
            key: value for key, value in service["environment"].items() if key.endswith("_FILE") and value
        }
        assert set(named.values()) <= mounted.keys()
        wanted = {"POSTGRES_PASSWORD_FILE"} if name == "postgres" else {
            "KEFU_DATABASE_URL_FILE", "KEFU_API_KEY_FILE", "KEFU_SIGNING_KEY_FILE",
            *(["TELEGRAM_BOT_TOKEN_FILE", "KEFU_ENCRYPTION_KEY_FILE"] if more else []),
        }  # fmt: skip
        assert named.keys() == wanted
        for key in wanted - {"TELEGRAM_BOT_TOKEN_FILE", "KEFU_ENCRYPTION_KEY_FILE"}:
            assert mounted[named[key]].read_text().strip() not in json.dumps(config)
            assert secret(key.removesuffix("_FILE"), {key: str(mounted[named[key]])})
    if more:
        assert files["telegram_bot_token"] == copy / "secrets" / "token"
        assert files["encryption_key"] == Path("/etc/kefu/key")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_fits_the_schemas_of_kubernetes(path: Path) -> None:
    validated = run(BIN / "kubernetes-validate", "--strict", path)
    assert validated.returncode == 0, validated.stdout + validated.stderr
    assert "passed" in validated.stdout + validated.stderr


def test_pods_may_do_what_the_restricted_standard_allows_and_write_only_to_volumes() -> None:
    pods = [found["spec"]["template"]["spec"] for kind in ("Deployment", "Job") for found in objects(kind)]
    assert len(pods) == 2
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed; apt-get install nginx-light")
@pytest.mark.parametrize("has_tls", [False, True])
def test_nginx_reads_its_configuration(tmp_path: Path, has_tls: bool) -> None:
    conf = nginx.configure(tmp_path, 18080, ("127.0.0.1:18081", "127.0.0.1:18082"))
    if has_tls:
        nginx.with_tls(conf)
    checked = nginx.check(conf)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_reads_its_unit(tmp_path: Path) -> None:
    unit = (DOCKER / "kefu.service").read_text("utf-8").replace("/opt/kefu/bin/kefu", "/bin/true")
    (tmp_path / "kefu.service").write_text(unit, "utf-8")
    verified = run("systemd-analyze", "verify", "--man=no", tmp_path / "kefu.service")
    assert (verified.returncode, verified.stderr) == (0, "")
