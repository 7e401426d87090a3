"""The files of the examples, by the schemas of those who read them: Kubernetes, Flux, Argo CD,
compose, GitHub Actions. (gitlab-ci-local looks at .gitlab-ci.yml, by GitLab's schema.)"""

from __future__ import annotations

import json
import re
import subprocess
import unittest
from pathlib import Path
from typing import Any

from e2e.example_support import documents, k_examples, read_yaml
from host import npm

k_commit = "0123456789abcdef0123456789abcdef01234567"
# Of these there is no schema in any package; the examples' own tests look at them.
k_without_schema = ("fluxcd.controlplane.io/v1", "kustomize.config.k8s.io/v1beta1")


def findings(*given: Any) -> list[list[str]]:
    """What is wrong with each: see tests/npm/deployables.mjs."""
    ran = subprocess.run(
        ["node", npm.k_source / "tests/npm/deployables.mjs"], input=json.dumps(given), text=True,
        capture_output=True, check=False, env=npm.environment(), timeout=60,
    )  # fmt: skip
    if ran.returncode != 0:
        raise AssertionError(ran.stderr)
    return list(json.loads(ran.stdout))


def filled(text: str) -> str:
    """With a value in place of each that Flux, its operator, Helm or headway's reader puts in."""
    text = text.replace("<< inputs.branch >>", "main").replace("{{ .Values.replicas }}", "2")
    text = re.sub(r'"\{\{ \.Values\.image \}\}:\{\{ [^}]* \}\}"', f"image:{k_commit}", text)
    text = re.sub(r"\{\{ [^}]* \}\}", "app.example.com", text)
    return re.sub(r"<< inputs\.sha >>|\$\{COMMIT\}", k_commit, text)


def resources(folder: Path) -> list[Any]:
    """Every resource of a cluster in an example, those that a ResourceSet makes among them."""
    found: list[Any] = []
    for path in sorted(folder.rglob("*.yaml")):
        if path.name in ("Chart.yaml", "values.yaml", "compose.yaml"):
            continue
        for document in documents(filled(path.read_text(encoding="utf-8"))):
            if document["kind"] == "ResourceSet":
                found += document["spec"]["resources"]
            if document["apiVersion"] not in k_without_schema:
                found.append(document)
    return found


class Schemas(unittest.TestCase):
    def assert_resources(self, example: str, *kinds: str) -> None:
        """These kinds are there, and nothing is wrong with any resource."""
        found = resources(k_examples / example)
        self.assertEqual({resource["kind"] for resource in found}, set(kinds))
        for resource, wrong in zip(found, findings(*found), strict=True):
            self.assertEqual(wrong, [], resource)

    def test_what_is_wrong_is_found(self) -> None:
        deployment = read_yaml(k_examples / "gitlab-flux/deploy/base/deployment.yaml")
        deployment["spec"]["replicas"] = "two"
        compose = read_yaml(k_examples / "compose-over-ssh/compose.yaml")
        compose["services"]["app"]["imag"] = compose["services"]["app"].pop("image")
        path = k_examples / "github/.github/workflows/deploy.yml"
        workflow = path.read_text(encoding="utf-8").replace("secrets.PUSH", "secret.PUSH")
        unknown = {"apiVersion": "example.com/v1", "kind": "Thing"}
        wrong = findings(deployment, {"compose": compose}, {"workflow": workflow}, unknown)
        self.assertEqual([bool(entry) for entry in wrong], [True] * 4, wrong)

    def test_gitlab_flux(self) -> None:
        self.assert_resources("gitlab-flux", "Namespace", "GitRepository", "Kustomization",
                              "Deployment", "Service", "Ingress")  # fmt: skip

    def test_gitlab_argocd(self) -> None:
        self.assert_resources("gitlab-argocd", "Application", "Deployment", "Service", "Ingress")

    def test_github(self) -> None:
        self.assert_resources("github", "Namespace", "GitRepository", "Kustomization",
                              "Deployment", "Service", "Ingress")  # fmt: skip
        workflows = sorted((k_examples / "github/.github/workflows").iterdir())
        texts = [{"workflow": path.read_text(encoding="utf-8")} for path in workflows]
        self.assertEqual(findings(*texts), [[], []])

    def test_compose(self) -> None:
        compose = read_yaml(k_examples / "compose-over-ssh/compose.yaml")
        self.assertEqual(findings({"compose": compose}), [[]])


class Kustomizations(unittest.TestCase):
    def test_resources_exist(self) -> None:
        found = sorted(k_examples.rglob("kustomization.yaml"))
        self.assertEqual(len(found), 6)
        for path in found:
            kustomization = read_yaml(path)
            self.assertEqual(kustomization["kind"], "Kustomization")
            for name in kustomization["resources"]:
                place = path.parent / name
                self.assertTrue(place.is_file() or (place / path.name).is_file(), f"{path}: {name}")

    def test_hosts_are_those_that_headway_asks(self) -> None:
        for example in ("gitlab-flux", "github"):
            configuration = read_yaml(k_examples / example / ".headway.yml")
            for name, environment in configuration["environments"].items():
                ingress = read_yaml(k_examples / example / f"deploy/{name}/ingress.yaml")
                host = ingress["spec"]["rules"][0]["host"]
                self.assertEqual(f"https://{host}", environment["url"])


if __name__ == "__main__":
    unittest.main()
