"""What the tests of the GitLab templates share: a project with environments that really deploy."""

from __future__ import annotations

import functools
import json
import unittest
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host.app import Agent, App
from host.git_host import GitHost
from host.gitlab_ci import GitlabCi, Pipeline
from host.headway import Headway, assert_no_secret
from host.repo import Commit, Repository

k_source = Path(__file__).resolve().parents[2]
k_templates = k_source / "ci-templates/gitlab"
k_template = k_templates / "headway.gitlab-ci.yml"
k_push_token = "glpat-0123456789abcdef"
k_job_token = "glcbt-64-fedcba9876543210"
k_variables: dict[str, str | Mapping[str, str]] = {
    # Scoped to its environment, as README.md says: a job of another one does not see it.
    "STAGING_PUSH_TOKEN": {"staging": k_push_token},
    "PRODUCTION_PUSH_TOKEN": {"production": k_push_token},
    "CI_JOB_TOKEN": k_job_token,
}
k_local = "include: /ci/headway.gitlab-ci.yml\n"
k_jobs = """\
stages: [build, staging, production]
promote-staging:
  extends: .headway-promote
  stage: staging
  variables: {HEADWAY_ENVIRONMENT: staging}
promote-production:
  extends: .headway-promote
  stage: production
  variables: {HEADWAY_ENVIRONMENT: production, HEADWAY_GATE: manual}
rollback-production:
  extends: .headway-rollback
  stage: production
  variables: {HEADWAY_ENVIRONMENT: production}
"""


def component_project(tools: Repository) -> None:
    """Fills a project with what ci-templates/gitlab holds, and releases it as 1.0.0."""
    files = {str(path.relative_to(k_templates)): path.read_text(encoding="utf-8")
             for path in k_templates.rglob("*") if path.is_file()}  # fmt: skip
    tools.commit("Components", files)
    tools.tag("1.0.0")


class CiTest(unittest.TestCase):
    """A project on a git host that wants tokens; only one bot may push to its deployment branches.
    Each environment deploys from its own, all commits but the `broken` ones and those that are
    `bad_on` it."""

    maxDiff = None
    environments = ("staging", "production")

    def open(
        self,
        ci: str = k_local + k_jobs,
        *,
        anonymous_read: bool = False,
        headway: bool = True,
        user: str = "git",
        notify: str = "",
        variables: Mapping[str, str | Mapping[str, str]] | None = None,
    ) -> None:
        """`ci` is the project's .gitlab-ci.yml, `notify` that section of its .headway.yml, `user`
        the bot's name: GitLab takes any, this host looks at it."""
        users = {"gitlab-ci-token": k_job_token, user: k_push_token}
        self.host = self.enterContext(GitHost(users=users, anonymous_read=anonymous_read))
        self.repo = self.host.create_repository()
        self.repo.protection.protect("_gitlab/agents/*", [user], force=True)
        self.headway = self.enterContext(Headway())
        self.broken: set[str] = set()
        self.bad_on: dict[str, set[str]] = {}
        self.apps = {name: self.enterContext(App()) for name in self.environments}
        for name, app in self.apps.items():
            rolls_out = functools.partial(self.rolls_out, name)
            self.enterContext(Agent(app, self.repo, self.branch(name), condition=rolls_out))
        files = {".headway.yml": self.configuration() + notify, ".gitlab-ci.yml": ci}
        if ci.startswith(k_local):
            files["ci/headway.gitlab-ci.yml"] = k_template.read_text(encoding="utf-8")
        self.first = self.repo.commit("The project", files)
        component_project(self.host.create_repository("tools/headway"))
        self.ci = self.enterContext(GitlabCi(
            self.repo, self.host.url(self.repo),
            variables={**k_variables, **(variables or {})},
            headway=self.headway.binary if headway else None,
            tracked=["ci/headway.gitlab-ci.yml"] if ci.startswith(k_local) else [],
        ))  # fmt: skip
        self.ci.check_out(self.first)

    def rolls_out(self, environment: str, commit: str) -> bool:
        return commit not in self.broken | self.bad_on.get(environment, set())

    @staticmethod
    def branch(environment: str) -> str:
        return f"_gitlab/agents/{environment}"

    def configuration(self) -> str:
        return "environments:\n" + "".join(
            f"""\
  {name}:
    branch: {self.branch(name)}
    token: {{env: {name.upper()}_PUSH_TOKEN}}
    token_user: git
    url: {app.origin}
    on_unhealthy: rollback
    {"after: staging" if name == "production" else ""}
    verify:
      deadline: 3s
      interval: 20ms
      consecutive: 2
      probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
"""
            for name, app in self.apps.items()
        )

    def push(self, *, broken: bool = False) -> str:
        """Somebody pushes to main, and a pipeline is created for it."""
        commit = self.repo.commit()
        if broken:
            self.broken.add(commit)
        self.ci.check_out(commit)
        return commit

    def run_jobs(self, *jobs: str, **options: Any) -> Pipeline:
        """GitlabCi.run, whose logs hold no secret, however encoded."""
        pipeline = self.ci.run(*jobs, **options)
        assert_no_secret(str(pipeline) + str(pipeline.logs), [k_push_token, k_job_token])
        return pipeline

    def deploy(self, commit: str, *environments: str) -> None:
        """Every environment (or those named) runs this commit, as after its pipeline: promoted and
        verified by the binary alone, which takes less time."""
        config = self.headway.work / ".headway.yml"
        config.write_text(self.configuration(), encoding="utf-8")
        tokens = {f"{name.upper()}_PUSH_TOKEN": k_push_token for name in self.environments}
        url = self.host.url(self.repo)
        for name in environments or self.environments:
            arguments = ["promote", name, "--commit", commit, "--source", "main", "--remote", url]
            result = self.headway.run(arguments, env=tokens)
            self.assertEqual(result.code, 0, result)
        self.ci.check_out(commit)

    def tip(self, environment: str) -> str | None:
        return self.repo.tip(self.branch(environment))

    def words(self, environment: str) -> list[str]:
        """The ledger's events, newest first: what, and which commit."""
        return [f"{event.trailers['Headway-Event']} {event.trailers['Headway-Commit']}"
                for event in self.ledger(environment)]  # fmt: skip

    def ledger(self, environment: str) -> list[Commit]:
        return self.repo.ledger(environment)

    def assert_codes(self, pipeline: Pipeline, codes: dict[str, int]) -> None:
        """These jobs were started, and ended so."""
        self.assertEqual(pipeline.codes, codes, pipeline)

    # ---- what a job leaves behind, as GitLab reads it

    def junit(self, job: str) -> ET.Element:
        return ET.parse(self.ci.folder(job) / "headway-junit.xml").getroot()

    def links(self, job: str) -> dict[str, list[dict[str, dict[str, str]]]]:
        text = (self.ci.folder(job) / "headway-links.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    def dotenv(self, job: str) -> dict[str, str]:
        text = (self.ci.folder(job) / "headway.env").read_text(encoding="utf-8")
        return dict(line.split("=", 1) for line in text.splitlines())
