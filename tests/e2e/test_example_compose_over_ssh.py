"""examples/compose-over-ssh: promoting pushes a branch, whose own pipeline deploys by ssh.

`ssh` runs the remote command here, as a server's login shell would; `docker` writes down what it
was asked for. The script that deploys runs as it is, in a clone of the repository.
"""

from __future__ import annotations

import json
import subprocess
import unittest
from typing import Any

from e2e.example_support import (
    ExampleTest,
    branches,
    k_examples,
    k_fast,
    k_token,
    read_yaml,
)
from host.app import App

k_folder = k_examples / "compose-over-ssh"
k_branch = "_gitlab/agents/staging"
# What ssh was given goes into a log; the command runs in a shell with a server's environment.
k_ssh = """\
#!/bin/bash
options=()
while [[ $1 == -* ]]; do options+=("$1 $2"); shift 2; done
host=$1; shift
printf '%s\\n' "$host" "${{options[@]}}" >"{server}/ssh.log"
exec env -i HOME="{server}" PATH="{server}/bin:/usr/local/bin:/usr/bin:/bin" \\
    GIT_CONFIG_GLOBAL="{server}/gitconfig" bash -c "$*"
"""
k_docker = """\
#!/bin/sh
printf '%s\\n' "$COMMIT" "$PWD" "$(git rev-parse HEAD)" "$*" >"$HOME/docker.log"
"""


class Running(ExampleTest):
    def setUp(self) -> None:
        self.open("compose-over-ssh")
        self.server = self.example.folder / "server"
        (self.server / "bin").mkdir(parents=True)
        self.clone = self.server / "srv/app"
        self.example.program("ssh", k_ssh.format(server=self.server))
        docker = self.server / "bin/docker"
        docker.write_text(k_docker, encoding="utf-8")
        docker.chmod(0o755)
        (self.server / "gitconfig").write_text("[safe]\n\tdirectory = *\n", encoding="utf-8")
        self.clone.parent.mkdir()
        git = self.repo.clone(self.clone)
        origin = self.example.host.url(self.repo, credentials=f"git:{k_token}")
        git.run("remote", "set-url", "origin", origin, cwd=self.clone)
        for name in ("key", "known_hosts"):
            (self.example.folder / name).write_text(f"the {name}\n", encoding="utf-8")

    def variables(self, app: App | None = None) -> dict[str, Any]:
        return {
            **k_fast,
            "CI_JOB_TOKEN": k_token,
            "HEADWAY_IMAGE": "registry.example.com/headway",
            "STAGING_PUSH_TOKEN": {"staging": k_token},
            "HEADWAY_URL": {"staging": app.origin if app else ""},
            "DEPLOY_HOST": "deploy@server.example.com",
            "DEPLOY_FOLDER": str(self.clone),
            "DEPLOY_KEY": str(self.example.folder / "key"),
            "DEPLOY_KNOWN_HOSTS": str(self.example.folder / "known_hosts"),
        }

    def deploy(self, *jobs: str) -> str:
        """The pipeline of the deployment branch; what it wrote."""
        pipeline = self.example.pipeline(
            *jobs, branch=k_branch, variables=self.variables(), checkout=True
        )
        self.assert_passed(pipeline)
        return pipeline.output

    def docker(self) -> list[str]:
        """Of the last call: COMMIT, folder, what is checked out there, and arguments."""
        return (self.server / "docker.log").read_text(encoding="utf-8").splitlines()

    def test_promotion_is_verified_when_the_deploy_job_has_run(self) -> None:
        def deploy(tip: str) -> str:
            self.deploy()
            self.assertEqual(self.docker()[0], tip)
            return self.docker()[0]

        app = self.example.follow(k_branch, deploy)
        for message in ("Say more", "Say even more"):
            tip = self.repo.commit(message, {"more.txt": f"{message}\n"})
            self.assert_passed(
                self.example.pipeline(variables=self.variables(app)),
                f"staging: healthy 3 times in a row, version {tip[:8]}",
            )
            self.assertEqual(
                self.docker(),
                [tip, str(self.clone), tip,
                 "compose --project-name app up --build --detach --wait --remove-orphans"],
            )  # fmt: skip
        self.assertEqual((self.clone / "more.txt").read_text(), "Say even more\n")
        self.assertEqual(
            (self.server / "ssh.log").read_text().splitlines(),
            ["deploy@server.example.com", f"-i {self.example.folder / 'key'}",
             "-o IdentitiesOnly=yes", "-o BatchMode=yes",
             f"-o UserKnownHostsFile={self.example.folder / 'known_hosts'}"],
        )  # fmt: skip

    def test_pipelines_have_the_jobs_of_their_branch_alone(self) -> None:
        self.repo.create_branch(k_branch)
        for branch, expected in (
            ("main", ["promote-staging", "promote-production"]),
            (k_branch, ["deploy-staging"]),
        ):
            listed = self.example.pipeline(
                branch=branch, variables=self.variables(), options=("--list-json",)
            )
            self.assertEqual(listed.code, 0, listed)
            jobs = json.loads(listed.output[listed.output.index("[\n") :])
            self.assertEqual(
                [job["name"] for job in jobs if job["when"] != "never"], expected
            )

    def test_a_late_job_leaves_the_newer_version_alone(self) -> None:
        self.repo.create_branch(k_branch)
        self.deploy()
        before = self.docker()
        newer = self.repo.commit("Say more", {"more.txt": "more\n"})
        self.repo.update_ref(f"refs/heads/{k_branch}", newer)
        ran = self.run_script(self.example.first)
        self.assertEqual(self.docker(), before)
        self.assertEqual(
            ran,
            f"{k_branch} is at {newer} by now, not at {self.example.first}:"
            " its own job deploys it\n",
        )

    def run_script(self, commit: str) -> str:
        """deploy.sh with these arguments, on the server."""
        words = ["server", "bash", "-s", "--", str(self.clone), k_branch, commit]
        done = subprocess.run(
            [self.example.programs / "ssh", *words],
            input=(k_folder / "deploy.sh").read_bytes(), capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode()


class Files(unittest.TestCase):
    def test_deploy_jobs_are_those_of_the_configuration(self) -> None:
        pipeline = read_yaml(k_folder / ".gitlab-ci.yml")
        for environment, branch in branches(read_yaml(k_folder / ".headway.yml")):
            job = pipeline[f"deploy-{environment}"]
            self.assertEqual(job["rules"], [{"if": f'$CI_COMMIT_BRANCH == "{branch}"'}])
            # Else the promotion would hold what the job that it waits for needs.
            self.assertNotEqual(
                job["resource_group"], pipeline[f"promote-{environment}"]["resource_group"]
            )

    def test_compose_file(self) -> None:
        app = read_yaml(k_folder / "compose.yaml")["services"]["app"]
        self.assertEqual(app["build"]["args"], {"COMMIT": "${COMMIT}"})
        self.assertIn("ARG COMMIT\n", (k_folder / "Dockerfile").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
