"""examples/gitlab-flux: its pipeline promotes, Flux deploys what its manifests say."""

from __future__ import annotations

import re
import unittest
from typing import Any

from e2e.example_support import ClusterTest, branches, documents, k_examples, read_yaml

k_folder = k_examples / "gitlab-flux"


def resources(text: str, inputs: dict[str, str]) -> list[Any]:
    """What Flux Operator makes of a ResourceSet, given the inputs."""
    (resource_set,) = [d for d in documents(text) if d["kind"] == "ResourceSet"]
    found: list[Any] = resource_set["spec"]["resources"]

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        if isinstance(value, str):
            return re.sub(r"<< inputs\.(\w+) >>", lambda match: inputs[match[1]], value)
        return value

    return [filled(resource) for resource in found]


def one(kind: str, found: list[Any]) -> Any:
    (resource,) = [resource for resource in found if resource["kind"] == kind]
    return resource


class Running(ClusterTest):
    def setUp(self) -> None:
        self.open_cluster("gitlab-flux")

    def deployed_version(self, environment: str, tip: str) -> str:
        """The tag of the image in what Flux Operator, Flux and kustomize make of the files."""
        text = self.example.show("main", f"clusters/{environment}/app.yaml")
        branch = f"_gitlab/agents/{environment}"
        provider = one("ResourceSetInputProvider", documents(text))
        self.assertTrue(re.search(provider["spec"]["filter"]["includeBranch"], branch))
        made = resources(text, {"branch": branch, "sha": tip})
        commit = one("GitRepository", made)["spec"]["ref"]["commit"]
        kustomization = one("Kustomization", made)["spec"]
        manifests = self.build(commit, kustomization["path"].removeprefix("./"))
        for name, value in kustomization["postBuild"]["substitute"].items():
            manifests = manifests.replace(f"${{{name}}}", value)
        pod = one("Deployment", documents(manifests))["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        return str(container["image"]).rpartition(":")[2]

    def build(self, commit: str, path: str) -> str:
        """`kustomize build` for resources alone."""
        built = []
        (kustomization,) = documents(self.example.show(commit, f"{path}/kustomization.yaml"))
        for name in kustomization["resources"]:
            if name.startswith("../"):
                built.append(self.build(commit, f"{path.rpartition('/')[0]}/{name[3:]}"))
            else:
                built.append(self.example.show(commit, f"{path}/{name}"))
        return "\n---\n".join(built)

    def test_pipeline_builds_and_promotes_to_staging(self) -> None:
        self.run_pipeline()

    def test_to_production_and_back(self) -> None:
        self.run_to_production_and_back()


class Files(unittest.TestCase):
    def test_clusters_follow_the_branches_of_the_configuration(self) -> None:
        for environment, branch in branches(read_yaml(k_folder / ".headway.yml")):
            text = (k_folder / f"clusters/{environment}/app.yaml").read_text(encoding="utf-8")
            provider = one("ResourceSetInputProvider", documents(text))
            self.assertEqual(provider["apiVersion"], "fluxcd.controlplane.io/v1")
            self.assertEqual(provider["spec"]["type"], "GitLabBranch")
            self.assertEqual(provider["spec"]["filter"]["includeBranch"], f"^{branch}$")
            inputs = one("ResourceSet", documents(text))["spec"]["inputsFrom"]
            self.assertEqual([i["name"] for i in inputs], [provider["metadata"]["name"]])

    def test_image_is_the_one_that_the_pipeline_builds(self) -> None:
        deployment = read_yaml(k_folder / "deploy/base/deployment.yaml")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        self.assertEqual(container["image"], "registry.example.com/group/app:${COMMIT}")
        script = "\n".join(read_yaml(k_folder / ".gitlab-ci.yml")["build"]["script"])
        self.assertIn('push "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA"', script)


if __name__ == "__main__":
    unittest.main()
