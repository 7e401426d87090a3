"""The ways into a pipeline: the four lines, from an address, a project, a component; and that the
components are the jobs to extend."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

from e2e.gitlab_ci_support import CiTest, k_template, k_templates
from host.gitlab_ci import documents
from host.http_server import HttpServer, Reply, Request

k_kinds = {"promote": ("HEADWAY_GATE", "HEADWAY_NO_VERIFY"), "verify": ("HEADWAY_WATCH",),
           "rollback": ("HEADWAY_FOLLOW_UP",), "notify": ("HEADWAY_EVENT",)}  # fmt: skip
"""The component's own variables, which by default say what is said without them."""


def served(request: Request) -> Reply | None:
    if request.path == "/tools/headway/-/raw/1.0.0/headway.gitlab-ci.yml":
        return Reply(200, k_template.read_bytes())
    return None


class IncludeTest(CiTest):
    def parsed(self, text: str) -> dict[str, Any]:
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "preview.yml"
        path.write_text(text, encoding="utf-8")
        ((document,),) = documents(path)
        return dict(document)


class FourLines(IncludeTest):
    def lines_of(self, path: Path, indent: str) -> str:
        """The lines that begin with the `include:` of an address."""
        lines = path.read_text(encoding="utf-8").splitlines()
        start = next(n for n, line in enumerate(lines) if line.startswith(f"{indent}include: https"))
        return "".join(line.removeprefix(indent) + "\n" for line in lines[start : start + 4])

    def test_are_enough(self) -> None:
        lines = self.lines_of(k_template, "#   ")
        self.assertEqual(lines, self.lines_of(k_templates / "README.md", "    "))
        server = self.enterContext(HttpServer())
        server.behave(served)
        self.open(lines.replace("https://gitlab.example.com", server.origin))
        pipeline = self.run_jobs()
        self.assert_codes(pipeline, {"promote-staging": 0})
        self.assertEqual(self.apps["staging"].version, self.first)
        self.assertEqual(self.words("staging"), [f"verified {self.first}", f"promoted {self.first}"])


class Components(IncludeTest):
    k_ci = """\
include:
  - component: $CI_SERVER_FQDN/tools/headway/promote@1.0.0
    inputs: {environment: staging}
  - component: $CI_SERVER_FQDN/tools/headway/promote@1.0.0
    inputs: {environment: production, gate: manual, prefix: ship, stage: ship}
  - component: $CI_SERVER_FQDN/tools/headway/rollback@1.0.0
    inputs: {environment: production, stage: ship}
stages: [deploy, ship]
ship-production:
  environment: {url: https://www.example.com}
"""

    def test_run(self) -> None:
        self.open(self.k_ci, anonymous_read=True)
        self.deploy(self.first)
        commit = self.push()
        when = {name: (job["stage"], job["when"]) for name, job in self.ci.jobs().items()}
        self.assertEqual(when, {
            "promote-staging": ("deploy", "on_success"), "ship-production": ("ship", "manual"),
            "rollback-production": ("ship", "manual"),
        })  # fmt: skip
        self.assert_codes(self.run_jobs(), {"promote-staging": 0})
        self.assert_codes(self.run_jobs("ship-production"), {"ship-production": 0})
        self.assertEqual(self.apps["production"].version, commit)
        self.assert_codes(self.run_jobs("rollback-production"), {"rollback-production": 0})
        self.assertEqual(self.apps["production"].version, self.first)

    def test_are_the_jobs_to_extend(self) -> None:
        components = "include:\n" + "".join(
            f"  - component: $CI_SERVER_FQDN/tools/headway/{kind}@1.0.0\n"
            "    inputs: {environment: staging}\n" for kind in k_kinds)  # fmt: skip
        components += "  - component: $CI_SERVER_FQDN/tools/headway/status@1.0.0\n"
        self.open(components, anonymous_read=True)
        made = self.parsed(self.ci.preview())
        extends = "include: {project: tools/headway, ref: 1.0.0, file: headway.gitlab-ci.yml}\n"
        extends += "".join(
            f"{kind}-staging:\n  extends: .headway-{kind}\n"
            "  variables: {HEADWAY_ENVIRONMENT: staging}\n" for kind in k_kinds)  # fmt: skip
        extends += "headway-status: {extends: .headway-status}\n"
        self.ci.check_out(self.repo.commit("By hand", {".gitlab-ci.yml": extends}))
        by_hand = self.parsed(self.ci.preview())
        # What an option is without being given, or the template's own default.
        silent = {"HEADWAY_NO_VERIFY": "false", "HEADWAY_FOLLOW_UP": "false", "HEADWAY_WATCH": "",
                  "HEADWAY_EVENT": "note"} | by_hand["variables"]  # fmt: skip
        for kind, own in k_kinds.items():
            variables = made[f"{kind}-staging"]["variables"]
            said = {name: variables.pop(name) for name in own}
            self.assertEqual(said, {name: silent[name] for name in own}, kind)
        self.assertEqual(made, by_hand)
        commands = {name: re.findall(r"headway (\w+)", str(job.get("script")))
                    for name, job in made.items() if isinstance(job, dict) and "script" in job}
        self.assertEqual(commands, {f"{kind}-staging": [kind] for kind in k_kinds}
                         | {"headway-status": ["status"]})  # fmt: skip


if __name__ == "__main__":
    unittest.main()
