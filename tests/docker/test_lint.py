"""The files are what Docker, Compose, Kubernetes, nginx and systemd read, as far as their own tools can say."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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
    (copy / ".env").write_text("POSTGRES_PASSWORD=abc\nORDERS_TOKEN=def\n")
    read = run(BIN / "docker-compose", "-f", copy / "compose.yaml", "--profile", "*", "config")
    assert (read.returncode, read.stderr) == (0, "")
    assert "postgresql://kefu:abc@postgres/kefu" in read.stdout
    assert "ORDERS_TOKEN: def" in read.stdout


def test_compose_asks_for_a_password(copy: Path) -> None:
    (copy / ".env").write_bytes((copy / "env.example").read_bytes())
    read = run(BIN / "docker-compose", "-f", copy / "compose.yaml", "config")
    assert read.returncode != 0
    assert "POSTGRES_PASSWORD" in read.stderr


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
