"""The Kubernetes example agrees with the image and with the program."""

from typing import Any

from ruamel.yaml import YAML

from bot.serving import SHUTDOWN_S
from tests.docker.test_containers import DOCKER, DOCKERFILE

MANIFESTS: dict[str, Any] = {
    manifest["kind"]: manifest for manifest in YAML(typ="safe").load_all(DOCKER / "kubernetes" / "kefu.yaml")
}
POD = MANIFESTS["Deployment"]["spec"]["template"]
CONTAINER = POD["spec"]["containers"][0]
PRE_STOP_S = 5


def test_the_probes_ask_what_the_program_answers() -> None:
    asked = {
        name: CONTAINER[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")
    }
    assert asked == {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}
    assert f"EXPOSE {CONTAINER['ports'][0]['containerPort']}\n" in DOCKERFILE


def test_a_pod_may_finish_its_turns_after_the_pre_stop() -> None:
    command = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "python"
    assert f"sleep({PRE_STOP_S})" in command[-1]
    assert POD["spec"]["terminationGracePeriodSeconds"] >= PRE_STOP_S + 2 * SHUTDOWN_S


def test_a_pod_is_restricted() -> None:
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert f"USER {POD['spec']['securityContext']['runAsUser']}:" in DOCKERFILE
    assert POD["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in CONTAINER["volumeMounts"]} == {"/workspace", "/tmp"}  # noqa: S108


def test_service_budget_and_policy_select_the_pods() -> None:
    labels = POD["metadata"]["labels"]
    assert MANIFESTS["Service"]["spec"]["selector"] == labels
    assert MANIFESTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
