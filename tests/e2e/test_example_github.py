"""examples/github: the steps of its workflows run, Flux deploys what its manifests say."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.example_github import Contexts, Step, Workflow
from e2e.example_support import (
    ExampleTest,
    branches,
    documents,
    k_docker,
    k_examples,
    k_fast,
    k_token,
    read_yaml,
)
from host.app import App

k_folder = k_examples / "github"
k_workflows = ".github/workflows"


class Running(ExampleTest):
    def setUp(self) -> None:
        self.apps = {name: self.enterContext(App()) for name in ("staging", "production")}
        origins = [app.origin for app in self.apps.values()]
        urls = ("https://staging.example.com", "https://www.example.com")
        self.open("github", protected="deploy/*", replaced=dict(zip(urls, origins, strict=True)))
        self.example.program("docker", k_docker)
        for environment, app in self.apps.items():
            self.example.follow(f"deploy/{environment}", self.deployed_version, app)
        self.runs = 0

    def deployed_version(self, tip: str) -> str:
        """The tag of the image in what Flux makes of the manifests."""
        manifest = self.example.show(tip, "deploy/base/deployment.yaml").replace("${COMMIT}", tip)
        (deployment,) = documents(manifest)
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        return str(container["image"]).rpartition(":")[2]

    def run_workflow(self, name: str, **inputs: str) -> list[Step]:
        """Inputs in capitals are variables of the runner."""
        self.runs += 1
        contexts = Contexts(
            {
                "": {"GITHUB_TOKEN": "ghs_registry"},
                "staging": {"PUSH_TOKEN": k_token},
                "production": {"PUSH_TOKEN": k_token},
            },
            github={
                "server_url": self.example.host.origin,
                "repository": "group/app",
                "sha": self.repo.tip() or "",
            },
            vars={"HEADWAY_IMAGE": "registry.example.com/headway"},
            inputs=inputs,
        )
        shell = {
            **self.example.environment(),
            **k_fast,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "ada",
            "GITHUB_SHA": self.repo.tip() or "",
            **{name: value for name, value in inputs.items() if name.isupper()},
        }
        (document,) = documents(self.example.show("main", f"{k_workflows}/{name}"))
        place = self.example.folder / f"run-{self.runs}"
        return Workflow(document, contexts, shell, place).run()

    def assert_steps(self, steps: list[Step], *expected: tuple[str, int]) -> None:
        """Jobs and exit codes of the steps that ran."""
        self.assertEqual([(step.job, step.code) for step in steps], list(expected),
                         "\n".join(map(str, steps)))  # fmt: skip

    def test_to_production_and_back(self) -> None:
        first = self.example.first
        passed = (("build", 0), ("staging", 0), ("production", 0))
        self.assert_steps(self.run_workflow("deploy.yml"), *passed)
        docker = (self.example.home / "docker.log").read_text(encoding="utf-8").splitlines()
        self.assertEqual(docker[-1], f"push ghcr.io/example/app:{first}")
        second = self.repo.commit("Say more", {"more.txt": "more\n"})
        steps = self.run_workflow("deploy.yml")
        self.assert_steps(steps, *passed)
        self.assertIn(f"production: healthy 3 times in a row, version {second[:8]}",
                      steps[2].output)  # fmt: skip
        for environment, app in self.apps.items():
            self.assertEqual(self.repo.tip(f"deploy/{environment}"), second)
            self.assertEqual(app.version, second)

        reason = 'checkout fails; "$(touch oh-no)"'
        steps = self.run_workflow("rollback.yml", environment="production", reason=reason)
        self.assert_steps(steps, ("rollback", 0))
        self.assertIn(f"production: {second[:8]} → {first[:8]}, rolled back and held (reset)",
                      steps[0].output)  # fmt: skip
        self.assertEqual(self.apps["production"].version, first)
        rolled_back = self.repo.ledger("production")[1]
        self.assertEqual(rolled_back.trailers["Headway-Reason"], reason)

    def test_an_unhealthy_staging_keeps_production_as_it_is(self) -> None:
        self.apps["staging"].status = 500
        staging, production = self.apps.values()
        steps = self.run_workflow("deploy.yml", HEADWAY_DEADLINE="1s")
        self.assert_steps(steps, ("build", 0), ("staging", 4))
        self.assertIsNone(self.repo.tip("deploy/production"))
        self.assertEqual((staging.version, production.version), (self.example.first, None))


class Files(unittest.TestCase):
    def test_clusters_follow_the_branches_of_the_configuration(self) -> None:
        for environment, branch in branches(read_yaml(k_folder / ".headway.yml")):
            text = (k_folder / f"clusters/{environment}/app.yaml").read_text(encoding="utf-8")
            provider, resource_set = documents(text)
            self.assertEqual(provider["spec"]["type"], "GitHubBranch")
            self.assertEqual(provider["spec"]["filter"]["includeBranch"], f"^{branch}$")
            kinds = [resource["kind"] for resource in resource_set["spec"]["resources"]]
            self.assertEqual(kinds, ["Namespace", "GitRepository", "Kustomization"])

    def test_what_somebody_typed_is_no_part_of_a_script(self) -> None:
        for path in sorted((k_folder / k_workflows).iterdir()):
            for job in read_yaml(path)["jobs"].values():
                for step in job["steps"]:
                    self.assertNotIn("${{", step.get("run", ""), path)

    def test_every_job_of_an_environment_is_alone(self) -> None:
        jobs: dict[str, Any] = read_yaml(k_folder / k_workflows / "deploy.yml")["jobs"]
        for name in ("staging", "production"):
            self.assertEqual(jobs[name]["environment"]["name"], name)
            self.assertEqual(jobs[name]["concurrency"], name)


if __name__ == "__main__":
    unittest.main()
