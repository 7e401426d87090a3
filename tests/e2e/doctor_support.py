"""What the tests of `doctor` share: each of its runs is watched, and may change no ref."""

from __future__ import annotations

from typing import Any

from e2e.support import StageTest, k_branch, k_token
from host.app import App
from host.headway import Result, assert_no_secret
from host.inbox import k_token as k_inbox_token
from host.repo import Repository

k_slack = "notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}"
k_gitlab = {"GITLAB_CI": "true"}
k_api = "/api/v4/personal_access_tokens/self"
k_branch_ref = f"refs/heads/{k_branch}"
k_allow = (
    "Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and"
    f" merge to {k_branch}"
)
k_every_check = {
    "token", "access", "expiry", "branch", "push", "force-push", "ledger", "ledger-push", "gates",
    "version",
}  # fmt: skip


def refs_of(repository: Repository) -> dict[str, bytes]:
    """All that git keeps of the repository's refs, byte for byte."""
    path = repository.path
    files = [*path.glob("refs/**/*"), *path.glob("logs/**/*"), path / "packed-refs", path / "HEAD"]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


class DoctorTest(StageTest):
    """A stage; each run of the doctor's is watched: no ref of the server's may change."""

    def setUp(self) -> None:
        self.open()

    def doctor(
        self, *arguments: str, env: dict[str, str] | None = None, **options: Any
    ) -> Result:
        before = refs_of(self.stage.repo)
        result = self.stage.run("doctor", *arguments, env=env, **options)
        self.assertEqual(refs_of(self.stage.repo), before, result)
        self.stage.repo.fsck()
        assert_no_secret(result, [k_token, k_inbox_token])
        return result

    def checks(self, *arguments: str, code: int, **options: Any) -> dict[str, dict[str, Any]]:
        """The checks of staging and of all environments, by id; of several probes the last."""
        result = self.doctor(*arguments, "--output", "json", **options)
        self.assertEqual(result.code, code, result)
        return {
            check["id"]: check
            for check in result.json()["checks"]
            if check["environment"] in (None, "staging")
        }

    def assert_check(
        self, check: dict[str, Any], verdict: str, text: str, because: str = "", *hints: str
    ) -> None:
        known = {str(self.stage.host.port): "<port>"}
        found = (check["verdict"], check["text"], check["because"], tuple(check["try"]))
        for value, name in known.items():
            found = (found[0], *(part.replace(value, name) for part in found[1:3]), found[3])
        self.assertEqual(found, (verdict, text, because, hints))

    def configure_app(self, app: App, top: str = k_slack, environment: str = "") -> None:
        self.stage.configure(
            top=top,
            environment=f"""\
url: {app.origin}
verify: {{probes: [{{name: health, url: /health, json: {{/version: "${{short_commit}}"}}}}]}}
{environment}""",
        )
