"""`headway config`: every setting and where it comes from, without a request to anybody."""

from __future__ import annotations

from typing import Any

from e2e.support import Stage, StageTest, k_branch, k_token, k_variable
from host.headway import Result, assert_no_secret
from host.repo import Git

k_two = f"""\
source: main
environments:
  staging:
    branch: {k_branch}
    token: {{env: {k_variable}}}
    url: https://staging.example.com
    verify:
      variables: {{region: eu-1, key: {{env: PROBE_KEY}}}}
      probes:
        - {{name: health, url: /up, headers: {{X-Key: {{env: PROBE_KEY}}}}, json: {{/v: "${{tag}}"}}}}
  production:
    branch: deploy/production
    token: {{file: $PRODUCTION_TOKEN}}
    after: staging
    soak: 30m
    freeze: {{from: Fri 16:00, to: Mon 08:00, timezone: Europe/Berlin}}
    on_unhealthy: rollback
notify: {{slack: {{webhook: {{env: HOOK}}}}}}
"""


class ConfigCommandTest(StageTest):
    def open(self, text: str | None = k_two, **options: Any) -> Stage:
        """A stage with this configuration file, or without any; no request has been made."""
        stage = super().open(**options)
        if text is None:
            (stage.headway.work / ".headway.yml").unlink()
        else:
            stage.write(".headway.yml", text)
        stage.host.clear_log()
        return stage

    def config(self, *arguments: str, **env: str) -> Result:
        """Runs it; no server hears of it."""
        result = self.stage.run("config", *arguments, env=env)
        self.assertEqual(self.stage.host.requests(), [])
        assert_no_secret(result, [k_token, "s3cret-0123456789"])
        return result


class Shown(ConfigCommandTest):
    def test_all_environments(self) -> None:
        self.open()
        result = self.config(PROBE_KEY="s3cret-0123456789", HOOK="https://hooks.slack.com/s3cret-0123456789")
        self.assert_run(result, 0, """\
            file = .headway.yml  (found)
            remote = (none)  (default)
            source = main  (.headway.yml:1:9)
            ledger = refs/headway/ledger/<environment>  (default)
            identity.name = headway  (default)
            identity.email = headway@localhost  (default)
            notify.slack.webhook = $HOOK  (.headway.yml:18:33)

            staging
              branch = _gitlab/agents/staging  (.headway.yml:4:13)
              token = $STAGING_PUSH_TOKEN  (.headway.yml:5:18)
              url = https://staging.example.com  (.headway.yml:6:10)
              on_unhealthy = fail  (default)
              on_retry = refuse  (default)
              verify.deadline = <duration>  (default)
              verify.interval = <duration>  (default)
              verify.consecutive = 3  (default)
              verify.watch = <duration>  (default)
              variable key = $PROBE_KEY  (.headway.yml:8:44)
              variable region = eu-1  (.headway.yml:8:27)
              probe health = GET https://staging.example.com/up, X-Key: $PROBE_KEY, status 200, /v is "${tag}", timeout <duration>  (.headway.yml:10:31)

            production
              branch = deploy/production  (.headway.yml:12:13)
              token = file $PRODUCTION_TOKEN  (.headway.yml:13:19)
              url = (none)  (default)
              after = staging  (.headway.yml:14:12)
              soak = <duration>  (.headway.yml:15:11)
              freeze = Fri 16:00 to Mon 08:00 Europe/Berlin  (.headway.yml:16:13)
              on_unhealthy = rollback  (.headway.yml:17:19)
              on_retry = refuse  (default)
              verify = (nothing: no url and no probes)  (default)
            """)

    def test_those_that_are_named(self) -> None:
        self.open()
        for pattern, shown in {"production": ["production"], "*ing": ["staging"]}.items():
            with self.subTest(pattern):
                lines = self.config(pattern).stdout.splitlines()
                headings = [line for line in lines if line and " = " not in line]
                self.assertEqual(headings, shown)
        self.assert_run(self.config("prodution"), 2, "", """\
            headway: error: unknown environment "prodution"
              because: known environments: staging, production
              try: did you mean "production"?
            """)

    def test_every_origin(self) -> None:
        self.open()
        env = {
            "CI_PROJECT_URL": "https://gitlab.example.com/group/app",
            "CI_ENVIRONMENT_NAME": "production",
            "CI_ENVIRONMENT_URL": "https://ci.example.com",
            "HEADWAY_SOAK": "1h",
            "HEADWAY_DEADLINE": "7m",
        }
        result = self.config("production", "--deadline", "6m", "--config", ".headway.yml", **env)
        self.assertEqual(result.code, 0, result)
        for line in (
            "file = .headway.yml  (--config)",
            "remote = https://gitlab.example.com/group/app.git  (CI_PROJECT_URL)",
            "source = main  (.headway.yml:1:9)",
            "identity.email = headway@noreply.gitlab.example.com  (default)",
            "  url = https://ci.example.com  (CI_ENVIRONMENT_URL)",
            "  soak = 1h  (HEADWAY_SOAK)",
            "  verify.deadline = 6m  (--deadline)",
            "  probe health = GET https://ci.example.com, status 200, timeout 10s"
            "  (CI_ENVIRONMENT_URL)",
        ):
            with self.subTest(line):
                self.assertIn(line + "\n", result.stdout)

    def test_as_json(self) -> None:
        self.open()
        report = self.config("staging", "--output", "json").json()
        self.assertEqual(
            list(report),
            ["command", "exit_code", "error", "file", "settings", "environments", "warnings"],
        )
        self.assertEqual(report["command"], "config")
        self.assertEqual(report["file"], ".headway.yml")
        shared = {one["name"]: (one["value"], one["origin"]) for one in report["settings"]}
        self.assertEqual(shared["remote"], (None, "default"))
        self.assertEqual(shared["notify.slack.webhook"], ("$HOOK", ".headway.yml:18:33"))
        (staging,) = report["environments"]
        self.assertEqual(staging["environment"], "staging")
        self.assertEqual(
            staging["settings"][:2],
            [
                {"name": "branch", "value": k_branch, "origin": ".headway.yml:4:13"},
                {"name": "token", "value": f"${k_variable}", "origin": ".headway.yml:5:18"},
            ],
        )

    def test_by_flags_alone(self) -> None:
        self.open(None)
        self.assert_run(self.config("edge", "--branch", "deploy/edge", "--token-stdin"), 0, """\
            file = (none)  (default)
            remote = (none)  (default)
            source = (the remote's HEAD)  (default)
            ledger = refs/headway/ledger/<environment>  (default)
            identity.name = headway  (default)
            identity.email = headway@localhost  (default)
            notify.slack.webhook = (none)  (default)

            edge
              branch = deploy/edge  (--branch)
              token = standard input  (--token-stdin)
              url = (none)  (default)
              on_unhealthy = fail  (default)
              on_retry = refuse  (default)
              verify = (nothing: no url and no probes)  (default)
            """)

    def test_a_checkout_without_a_file(self) -> None:
        stage = self.open(None)
        git = Git(stage.headway.home)
        git.run("init", "--quiet", stage.headway.work)
        origin = stage.host.url(credentials="bot:s3cret-0123456789")
        git.run("remote", "add", "origin", origin, cwd=stage.headway.work)
        result = self.config()
        self.assertEqual(result.code, 0, result)
        self.assertIn("file = (none)  (default)\n", result.stdout)
        self.assertIn(f"remote = {stage.host.url()}  (the checkout's origin)\n", result.stdout)


class OnTheWire(ConfigCommandTest):
    def setUp(self) -> None:
        self.open(None)
        self.tip = self.stage.repo.commit("Configure headway", {".headway.yml": k_two})
        self.remote = ("--remote", self.stage.host.url())

    def test_it_is_not_read_unasked(self) -> None:
        for more in ((), ("--check",), ("staging",)):
            with self.subTest(more):
                self.assert_run(self.config(*self.remote, *more), 2, "", """\
                    headway: error: there is no .headway.yml
                      because: none is here or above, there is no checkout, and without --fetch none is read from http://127.0.0.1:<port>/group/app.git
                      try: headway config --fetch
                      try: or name it: --config FILE
                    """)

    def test_it_is_read_with_fetch(self) -> None:
        result = self.stage.run(
            "config", "staging", "--fetch", *self.remote, "--token-env", k_variable
        )
        self.assertEqual(result.code, 0, result)
        short = self.tip[:8]
        self.assertIn(f"file = {short}:.headway.yml  (found)\n", result.stdout)
        self.assertIn(f"  branch = {k_branch}  ({short}:.headway.yml:4:13)\n", result.stdout)
        self.assertIn(f"  token = ${k_variable}  (--token-env)\n", result.stdout)
        assert_no_secret(result, [k_token])

    def test_fetch_reads_what_is_here(self) -> None:
        self.stage.write(".headway.yml", "source: other\n")
        result = self.config("--fetch", *self.remote)
        self.assertEqual(result.code, 0, result)
        self.assertIn("source = other  (.headway.yml:1:9)\n", result.stdout)


class Checked(ConfigCommandTest):
    def test_right(self) -> None:
        self.open()
        self.assert_run(self.config("--check"), 0, ".headway.yml is right: 2 environments\n")
        report = self.config("--check", "--output", "json").json()
        self.assertEqual(report["exit_code"], 0)
        self.assertEqual(report["file"], ".headway.yml")
        self.assertNotIn("settings", report)
        self.stage.write("one.yml", "environments: {s: {branch: b}}")
        self.assert_run(
            self.config("--check", "--config", "one.yml"), 0, "one.yml is right: 1 environment\n"
        )

    def test_wrong(self) -> None:
        self.open("sorce: main\n")
        self.assert_run(self.config("--check"), 2, "", """\
            headway: error: .headway.yml:1:1: unknown key "sorce"
              because: known keys here: api, environments, forge, identity, ledger, notify, remote, source
              try: did you mean "source"?
            """)
        report = self.config("--check", "--output", "json").json()
        self.assertEqual(report["exit_code"], 2)
        self.assertEqual(report["error"]["try"], ['did you mean "source"?'])

    def test_what_only_a_named_environment_needs(self) -> None:
        self.open("environments: {s: {branch: b, verify: {probes: [{url: /up}]}}}")
        self.assertEqual(self.config("--check").code, 0)
        self.assert_run(self.config("--check", "s"), 2, "", """\
            headway: error: .headway.yml:1:55: "/up" needs a url to be below
              because: environment "s" has no url
              try: url: https://… in the file, or --url https://…
            """)

    def test_a_gate_that_needs_the_ledger(self) -> None:
        self.open("ledger: off\nenvironments: {a: {branch: a}, b: {branch: b, after: a}}")
        self.assert_run(self.config("--check"), 2, "", """\
            headway: error: .headway.yml:2:54: b waits for a, but the ledger is off
              because: what another environment has verified is in its ledger
              try: take "ledger: off" out of .headway.yml
              try: or take "after" out of b
            """)

    def test_there_is_no_file(self) -> None:
        self.open(None)
        self.assert_run(self.config("--check"), 2, "", """\
            headway: error: there is no .headway.yml
              because: none is here or above
              try: name the configuration file: --config FILE
            """)

    def test_without_a_token_and_a_server(self) -> None:
        self.open(k_two.replace("source: main", "remote: https://nowhere.invalid/app.git"))
        result = self.stage.headway.run(["config", "--check"])
        self.assert_run(result, 0, ".headway.yml is right: 2 environments\n")
