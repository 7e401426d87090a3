"""Where settings come from: flags, variables, the file on disk or on the wire, CI, defaults."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

from e2e.support import Stage, StageTest, k_branch, k_token, k_variable
from host.headway import Result, assert_no_secret
from host.repo import Git

k_text = f"environments:\n  staging: {{branch: {k_branch}, token: {{env: {k_variable}}}}}\n"


class ConfigurationTest(StageTest):
    def setUp(self) -> None:
        self.open()

    def settings(self, *arguments: str, code: int = 0, **options: Any) -> dict[str, str]:
        """What a dry run shows: name → "value  (origin)"."""
        result = self.stage.promote("--dry-run", *arguments, **options)
        self.assertEqual(result.code, code, result)
        assert_no_secret(result, [k_token])
        lines = result.stdout.replace(f":{self.stage.host.port}/", ":<port>/").splitlines()
        lines = lines[lines.index("settings:") + 1 :]
        return dict(line.strip().split(" = ", 1) for line in lines)

    def remove_file(self) -> None:
        (self.stage.headway.work / ".headway.yml").unlink()

    def checkout(self, origin: str | None = None) -> Path:
        """Headway's working folder becomes a checkout of that origin."""
        work = self.stage.headway.work
        git = Git(self.stage.headway.home)
        git.run("init", "--quiet", work)
        git.run("remote", "add", "origin", origin or self.stage.host.url(), cwd=work)
        return work


class Origins(ConfigurationTest):
    def masked(self, text: str | None) -> str:
        return (text or "").replace(f":{self.stage.host.port}/", ":<port>/")

    def test_whole_output(self) -> None:
        self.assert_run(self.stage.promote("--dry-run"), 0, """\
            staging: would create _gitlab/agents/staging at f7eef0d4
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
              remote = http://127.0.0.1:<port>/group/app.git  (.headway.yml:1:9)
              source = main  (.headway.yml:2:9)
              ledger = refs/headway/ledger/staging  (default)
              identity.name = headway  (default)
              identity.email = headway@noreply.127.0.0.1  (default)
              notify.slack.webhook = (none)  (default)
              environment = staging  (.headway.yml)
              branch = _gitlab/agents/staging  (.headway.yml:5:13)
              token = $STAGING_PUSH_TOKEN  (.headway.yml:6:18)
              url = (none)  (default)
              verify = (nothing: no url and no probes)  (default)
            """, "")
        self.assert_untouched(None, 0)

    def test_flag_over_variable_over_file(self) -> None:
        url = self.stage.host.url()
        self.stage.write("token", k_token)
        self.stage.configure(
            environment="""\
                url: https://file.example.com
                verify: {deadline: 1m, interval: 1s, consecutive: 2, watch: 4m}
                """,
            top="""\
                identity: {name: File, email: file@example.com}
                ledger: refs
                notify: {slack: {webhook: {env: FILE_HOOK}}}
                """,
        )
        cases = {
            "remote": (url, url, url),
            "source": ("main", "main", "main"),
            "branch": ("deploy/flag", "deploy/variable", k_branch),
            "url": (
                "https://flag.example.com",
                "https://variable.example.com",
                "https://file.example.com",
            ),
            "ledger": ("off", "branch:ledger", None),
            "identity.name": ("Flag", "Variable", "File"),
            "identity.email": ("flag@example.com", "variable@example.com", "file@example.com"),
            "verify.deadline": ("3m", "2m", "1m"),
            "verify.interval": ("3s", "2s", "1s"),
            "verify.consecutive": ("4", "3", "2"),
            "verify.watch": ("6m", "5m", "4m"),
        }
        flags: list[str] = []
        variables: dict[str, str] = {}
        for name, (flag, variable, _) in cases.items():
            option = name.replace("verify.", "").replace(".", "-")
            flags += [f"--{option}", flag]
            variables["HEADWAY_" + option.upper().replace("-", "_")] = variable
        file = self.settings()
        by_variable = self.settings(env=variables)
        by_flag = self.settings(*flags, env=variables)
        shown = {"ledger": ("off", "refs/heads/ledger/staging", "refs/headway/ledger/staging")}
        for name, values in cases.items():
            option = name.replace("verify.", "").replace(".", "-")
            flag, variable, in_file = shown.get(name, values)
            with self.subTest(name):
                self.assertEqual(by_flag[name], f"{self.masked(flag)}  (--{option})")
                self.assertEqual(
                    by_variable[name],
                    f"{self.masked(variable)}  (HEADWAY_{option.upper().replace('-', '_')})",
                )
                self.assertRegex(file[name], r"  \(\.headway\.yml:\d+:\d+\)$")
                self.assertEqual(file[name].split("  (")[0], self.masked(in_file))

    def test_a_probe_of_flags_and_variables(self) -> None:
        self.stage.configure(
            environment="""\
                url: https://file.example.com
                verify: {variables: {region: eu}, probes: [{url: /one}, {name: two, url: /two}]}
                """
        )
        arguments = (
            *("--probe", "/check", "--method", "POST", "--header", "X-Region: ${region}"),
            *("--header-env", f"Authorization={k_variable}", "--body", "[1]"),
            *("--matches", "[0-9]", "--matches", "[a,b]", "--contains", "ready"),
            *("--expect", "/version~^${tag}$", "--expect-header", "V=${commit}"),
            *("--status", "200-299,304", "--max-latency", "1s", "--redirects", "any"),
            *("--resolve", "192.0.2.1", "--resolve", "::1", "--var", "zone=a", "--tag", "v1"),
        )
        settings = self.settings(*arguments, env={"HEADWAY_REQUEST_TIMEOUT": "3s"})
        self.assertEqual(settings["tag"], "v1  (--tag)")
        self.assertEqual(settings["variable zone"], "a  (--var)")
        self.assertRegex(settings["variable region"], r"^eu  \(\.headway\.yml:\d+:\d+\)$")
        self.assertEqual(
            settings["probe health"],
            "POST https://file.example.com/check, X-Region: ${region}, "
            f"Authorization: ${k_variable}, body of 3 bytes, at 192.0.2.1 and ::1, "
            'status 200-299 or 304, /version matches "^${tag}$", header V is "${commit}", '
            'body contains "ready", body matches "[0-9]", body matches "[a,b]", timeout 3s, '
            "max_latency 1s, redirects any  (--probe)",
        )
        self.assertNotIn("probe two", settings)

    def test_a_secret_on_the_command_line_is_not_repeated(self) -> None:
        for arguments in (
            ("--header", f"Authorization: Bearer {k_token}"),
            ("--header", f"X-Plain: {k_token}"),
            ("--header", k_token),
            ("--header-env", f"Authorization={k_token}"),
            ("--method", "POST", "--body", k_token),
            ("--contains", k_token),
            ("--expect", f"/a={k_token}"),
            ("--expect-header", k_token),
            ("--var", f"a={k_token}"),
            ("--tag", k_token),
            ("--unix-socket", k_token),
        ):
            with self.subTest(arguments=arguments):
                result = self.stage.promote("--dry-run", *arguments)
                self.assertEqual(result.code, 2, result)
                assert_no_secret(result, [k_token])

    def test_secrets_are_named_by_their_place(self) -> None:
        self.stage.write("token", k_token)
        top = "notify: {slack: {webhook: {env: FILE_HOOK}}}"
        self.stage.configure(top=top)
        other = {"OTHER": k_token}
        cases: list[tuple[tuple[str, ...], dict[str, str], str, str]] = [
            ((), {}, "$STAGING_PUSH_TOKEN  (.headway.yml:7:18)", "$FILE_HOOK  (.headway.yml:3:33)"),
            (
                (),
                {"HEADWAY_TOKEN_ENV": "OTHER", "HEADWAY_SLACK_WEBHOOK_ENV": "HOOK"},
                "$OTHER  (HEADWAY_TOKEN_ENV)",
                "$HOOK  (HEADWAY_SLACK_WEBHOOK_ENV)",
            ),
            (
                ("--token-file", "token", "--slack-webhook-file", "hook"),
                {"HEADWAY_TOKEN_ENV": "NONE"},
                "file token  (--token-file)",
                "file hook  (--slack-webhook-file)",
            ),
        ]
        for arguments, env, token, webhook in cases:
            with self.subTest(arguments=arguments, env=env):
                settings = self.settings(*arguments, env={**env, **other})
                self.assertEqual(settings["token"], token)
                self.assertEqual(settings["notify.slack.webhook"], webhook)

    def test_ci_over_default(self) -> None:
        self.stage.write(".headway.yml", k_text)
        env = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_PROJECT_URL": self.stage.host.url().removesuffix(".git"),
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": self.stage.commits[1],
            "CI_ENVIRONMENT_NAME": "staging",
            "CI_ENVIRONMENT_URL": "https://staging.example.com",
            "GITLAB_USER_NAME": "Ada <Lovelace>",
            "GITLAB_USER_EMAIL": "ada@example.com",
        }
        self.assertEqual(
            self.settings(env=env),
            {
                "commit": f"{self.stage.commits[1]}  (CI_COMMIT_SHA)",
                "remote": "http://127.0.0.1:<port>/group/app.git  (CI_PROJECT_URL)",
                "forge": "gitlab  (GITLAB_CI)",
                "source": "main  (CI_DEFAULT_BRANCH)",
                "ledger": "refs/headway/ledger/staging  (default)",
                "identity.name": "Ada Lovelace  (GITLAB_USER_NAME)",
                "identity.email": "ada@example.com  (GITLAB_USER_EMAIL)",
                "notify.slack.webhook": "(none)  (default)",
                "environment": "staging  (.headway.yml)",
                "branch": "_gitlab/agents/staging  (.headway.yml:2:21)",
                "token": "$STAGING_PUSH_TOKEN  (.headway.yml:2:58)",
                "url": "https://staging.example.com  (CI_ENVIRONMENT_URL)",
                "verify.deadline": "5m  (default)",
                "verify.interval": "2s  (default)",
                "verify.consecutive": "3  (default)",
                "probe health": "GET https://staging.example.com, status 200, timeout 10s"
                "  (CI_ENVIRONMENT_URL)",
            },
        )

    def test_defaults(self) -> None:
        remote = self.stage.host.url()
        self.remove_file()
        settings = self.settings("--remote", remote, "--branch", k_branch, "--token-env", k_variable)
        self.assertEqual(
            settings,
            {
                "commit": f"{self.stage.commits[2]}  (the tip of the source branch)",
                "remote": "http://127.0.0.1:<port>/group/app.git  (--remote)",
                "source": "(the remote's HEAD)  (default)",
                "ledger": "refs/headway/ledger/staging  (default)",
                "identity.name": "headway  (default)",
                "identity.email": "headway@noreply.127.0.0.1  (default)",
                "notify.slack.webhook": "(none)  (default)",
                "environment": "staging  (command line)",
                "branch": "_gitlab/agents/staging  (--branch)",
                "token": "$STAGING_PUSH_TOKEN  (--token-env)",
                "url": "(none)  (default)",
                "verify": "(nothing: no url and no probes)  (default)",
            },
        )


class Places(ConfigurationTest):
    def test_above_the_working_folder(self) -> None:
        below = self.stage.headway.work / "deep" / "er"
        below.mkdir(parents=True)
        result = self.stage.promote(cwd=below)
        self.assertEqual(result.code, 0, result)
        self.assert_moved(self.stage.commits[2], 1)

    def test_an_error_above_the_working_folder_names_the_whole_path(self) -> None:
        below = self.stage.headway.work / "deep"
        below.mkdir()
        self.stage.write(".headway.yml", "sorce: main\n")
        self.assert_run(self.stage.promote(cwd=below), 2, "", """\
            headway: error: <work>/.headway.yml:1:1: unknown key "sorce"
              because: known keys here: api, environments, forge, identity, ledger, notify, remote, source
              try: did you mean "source"?
            """)

    def test_named_by_flag_and_variable(self) -> None:
        work = self.stage.headway.work
        (work / ".headway.yml").rename(work / "other.yml")
        self.stage.write(".headway.yml", "not: used\n")
        self.assertEqual(self.stage.promote("--config", "other.yml").code, 0)
        again = self.stage.promote(env={"HEADWAY_CONFIG": str(work / "other.yml")})
        self.assert_run(again, 0, """\
            staging: f7eef0d4 is there already
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)

    def test_a_file_that_is_not_there(self) -> None:
        self.assert_run(self.stage.promote("--config", "none.yml"), 2, "", """\
            headway: error: none.yml cannot be read
              because: No such file or directory
              try: name the configuration file: --config FILE
            """)

    def test_no_file_but_flags(self) -> None:
        self.stage.deploy()
        self.remove_file()
        result = self.stage.promote(
            "--remote", self.stage.host.url(), "--branch", k_branch, "--token-env", k_variable
        )
        self.assert_run(result, 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[2], 2)
        self.assertLessEqual(len(self.stage.host.requests()), 4)

    def test_no_file_but_variables(self) -> None:
        self.remove_file()
        env = {
            "HEADWAY_REMOTE": self.stage.host.url(),
            "HEADWAY_BRANCH": k_branch,
            "HEADWAY_TOKEN_ENV": k_variable,
            "HEADWAY_COMMIT": self.stage.commits[1],
        }
        self.assert_run(self.stage.promote(env=env), 0, """\
            staging: created _gitlab/agents/staging at cc352607
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[1], 1)

    def test_a_checkout_without_a_file(self) -> None:
        self.remove_file()
        self.checkout()
        self.assert_run(self.stage.promote(), 2, "", """\
            headway: error: no branch is known for environment "staging"
              because: there is no .headway.yml, and neither --branch nor HEADWAY_BRANCH is given
              try: --branch deploy/staging
              try: write a .headway.yml, see examples/headway.yml
            """)
        self.assertEqual(self.stage.host.requests(), [])

    def test_nothing_at_all(self) -> None:
        self.remove_file()
        self.assert_run(self.stage.promote(), 2, "", """\
            headway: error: no branch is known for environment "staging"
              because: there is no .headway.yml, and neither --branch nor HEADWAY_BRANCH is given
              try: --branch deploy/staging
              try: write a .headway.yml, see examples/headway.yml
            """)

    def test_credentials_of_the_checkouts_origin(self) -> None:
        # They neither win over the configured token nor are they shown.
        secret = "gitlab-ci-job-token-0123"
        self.stage.write(".headway.yml", k_text)
        self.checkout(self.stage.host.url(credentials=f"gitlab-ci-token:{secret}"))
        result = self.stage.promote("--dry-run", "-vv")
        self.assertEqual(result.code, 0, result)
        assert_no_secret(result, [secret, k_token])
        self.assertIn(
            f"  remote = {self.stage.host.url()}  (the checkout's origin)\n", result.stdout
        )
        self.assertEqual(self.stage.promote().code, 0)
        self.assert_moved(self.stage.commits[2], 1)

    def test_an_origin_over_ssh(self) -> None:
        self.stage.write(".headway.yml", k_text)
        self.checkout("git@gitlab.example.com:group/app.git")
        self.assert_run(self.stage.promote(), 2, "", """\
            headway: error: the checkout's origin: headway does not speak ssh
              because: it pushes over https with an access token
              try: https://gitlab.example.com/group/app.git
            """)


class OverTheWire(StageTest):
    """GIT_STRATEGY: empty: neither a checkout nor a file; it lies in the source branch."""

    def begin(self, *, deployed: bool = False, **options: Any) -> Stage:
        stage = self.open(**options)
        if deployed:
            stage.deploy()
        (stage.headway.work / ".headway.yml").unlink()
        self.text = k_text
        self.tip = stage.repo.commit("Configure headway", {".headway.yml": self.text, "a/b": "c"})
        return stage

    def promote(self, *arguments: str, **env: str) -> Result:
        return self.stage.run(
            "promote", "staging", "--remote", self.stage.host.url(), *arguments, env=env
        )

    def test_with_a_token(self) -> None:
        self.begin(deployed=True)
        result = self.promote("--token-env", k_variable)
        self.assert_run(result, 0, """\
            staging: 9318c89e → c755ccbd, fast-forward
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.tip, 2)
        # At most four for the promotion, and for the file: what it offers, tip, tree, text.
        self.assertLessEqual(len(self.stage.host.requests()), 4 + 4)

    def test_with_a_token_that_is_turned_away(self) -> None:
        self.begin()
        for arguments, env in (
            (("--token-env", "OTHER_TOKEN"), {}),
            ((), {"HEADWAY_TOKEN_ENV": "OTHER_TOKEN"}),
        ):
            result = self.promote(*arguments, OTHER_TOKEN="glpat-wrong-0123456789", **env)
            self.assertEqual((result.code, result.stdout), (5, ""), result)
            self.assertIn("$OTHER_TOKEN", result.stderr)
            self.assertNotIn("no token is configured", result.stderr)
            assert_no_secret(result, ["glpat-wrong-0123456789"])

    def test_with_a_token_file(self) -> None:
        self.begin()
        path = self.stage.write("token", k_token + "\n")
        result = self.promote("--token-file", str(path))
        self.assertEqual(result.code, 0, result)
        self.assert_moved(self.tip, 1)

    def test_in_gitlab_with_the_jobs_token(self) -> None:
        job_token = "job-token-0123456789"
        self.begin(users={"gitlab-ci-token": job_token})
        env = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_PROJECT_URL": self.stage.host.url().removesuffix(".git"),
            "CI_DEFAULT_BRANCH": "main",
            "CI_JOB_TOKEN": job_token,
            k_variable: job_token,
        }
        result = self.stage.run("promote", "staging", env=env)
        self.assertEqual(result.code, 0, result)
        assert_no_secret(result, [job_token])
        self.assert_moved(self.tip, 1)
        self.assertEqual({entry.authorized for entry in self.stage.host.requests()}, {True})

    def test_the_jobs_token_goes_to_the_projects_own_server_alone(self) -> None:
        self.begin()
        result = self.promote(CI="true", GITLAB_CI="true", CI_JOB_TOKEN=k_token)
        self.assertEqual(result.code, 5, result)
        self.assertEqual([e.authorized for e in self.stage.host.requests()], [False])

    def test_anonymous(self) -> None:
        self.begin(anonymous_read=True)
        result = self.promote()
        self.assertEqual(result.code, 0, result)
        self.assert_moved(self.tip, 1)

    def test_wants_a_token(self) -> None:
        self.begin()
        self.assert_run(self.promote(), 5, "", """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401
              because: there is no .headway.yml here, and reading it from the remote needs a token
              try: --token-env NAME, a variable whose token may read the repository
              try: or name the file: --config FILE
            """)

    def test_from_the_tip_of_the_named_source(self) -> None:
        self.begin()
        stage = self.stage
        stage.repo.create_branch("release", self.tip)
        other = stage.repo.commit(
            "Elsewhere", {".headway.yml": self.text.replace(k_branch, "deploy/x")}, branch="release"
        )
        result = self.promote("--token-env", k_variable, "--source", "release")
        self.assertEqual(result.code, 0, result)
        self.assertEqual((stage.repo.tip("deploy/x"), stage.tip), (other, None))

    def test_a_mistake_in_it_names_the_commit(self) -> None:
        self.begin()
        self.stage.repo.commit("Spoil", {".headway.yml": "enviroments: {}\n"})
        self.assert_run(self.promote("--token-env", k_variable), 2, "", """\
            headway: error: 7d67e5f1:.headway.yml:1:1: unknown key "enviroments"
              because: known keys here: api, environments, forge, identity, ledger, notify, remote, source
              try: did you mean "environments"?
            """)

    def test_not_there(self) -> None:
        self.begin()
        self.stage.repo.commit("Remove it", delete=[".headway.yml"])
        self.assert_run(self.promote("--token-env", k_variable), 2, "", """\
            headway: error: there is no .headway.yml
              because: none is here or above, there is no checkout, and commit 6204fc21 of http://127.0.0.1:<port>/group/app.git has none
              try: commit one to the source branch, see examples/headway.yml
              try: or name it: --config FILE
              try: or describe the environment: --branch BRANCH --token-env NAME
            """)

    def test_a_source_that_does_not_exist(self) -> None:
        self.begin()
        result = self.promote("--token-env", k_variable, "--source", "mian")
        self.assert_run(result, 2, "", """\
            headway: error: there is no .headway.yml
              because: none is here or above, there is no checkout, and http://127.0.0.1:<port>/group/app.git has no branch mian
              try: commit one to the source branch, see examples/headway.yml
              try: or name it: --config FILE
              try: or describe the environment: --branch BRANCH --token-env NAME
            """)

    def test_a_server_that_hands_out_no_single_files(self) -> None:
        self.begin(allow_filter=False, any_sha1=False)
        self.assert_run(self.promote("--token-env", k_variable), 1, "", """\
            headway: error: .headway.yml cannot be read from http://127.0.0.1:<port>/group/app.git
              because: this server does not hand out single files (protocol v2 with filters)
              try: --config FILE
              try: turn on uploadpack.allowFilter on the server
            """)

    def test_protocol_zero(self) -> None:
        self.begin(protocol_v2=False)
        self.assert_run(self.promote("--token-env", k_variable), 1, "", """\
            headway: error: .headway.yml cannot be read from http://127.0.0.1:<port>/group/app.git
              because: this server does not hand out single files (protocol v2 with filters)
              try: --config FILE
              try: turn on uploadpack.allowFilter on the server
            """)


class Tokens(ConfigurationTest):
    def promote(self, token: str, *arguments: str, **options: Any) -> Result:
        """With this as the token's place in the file."""
        self.stage.write(
            ".headway.yml",
            f"remote: {self.stage.host.url()}\nenvironments:\n"
            f"  staging: {{branch: {k_branch}, token: {token}}}\n",
        )
        result = self.stage.headway.run(["promote", "staging", *arguments], **options)
        assert_no_secret(result, [k_token])
        return result

    def assert_promoted(self, result: Result) -> None:
        self.assertEqual(result.code, 0, result)
        self.assert_moved(self.stage.commits[2], 1)

    def test_variable(self) -> None:
        self.assert_promoted(self.promote("{env: MY_TOKEN}", env={"MY_TOKEN": k_token}))

    def test_file(self) -> None:
        self.stage.write("token", k_token + "\r\n")
        self.assert_promoted(self.promote("{file: token}"))

    def test_gitlabs_file_variable(self) -> None:
        path = self.stage.write("token", k_token)
        self.assert_promoted(self.promote("{file: $MY_TOKEN}", env={"MY_TOKEN": str(path)}))

    def test_standard_input(self) -> None:
        result = self.promote("{env: UNUSED}", "--token-stdin", stdin=k_token + "\n")
        self.assert_promoted(result)

    def test_standard_input_is_empty(self) -> None:
        result = self.promote("{env: UNUSED}", "--token-stdin", stdin="")
        self.assert_run(result, 2, "", """\
            headway: error: the standard input holds no secret: it is empty
              try: printf %s "$TOKEN" | headway …
            """)

    def test_unset_variable(self) -> None:
        self.assert_run(self.promote("{env: MY_TOKEN}"), 2, "", """\
            headway: error: the variable MY_TOKEN is not set
              because: .headway.yml:3:58 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
              try: set MY_TOKEN in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
              try: outside CI: export MY_TOKEN
            """)

    def test_missing_file(self) -> None:
        self.assert_run(self.promote("{file: token}"), 2, "", """\
            headway: error: the file "token" cannot be read
              because: No such file or directory; .headway.yml:3:59 names it
              try: give a path that this user may read, or name a variable: {env: NAME}
            """)

    def test_a_file_variable_named_as_a_variable(self) -> None:
        path = self.stage.write("MY_TOKEN", k_token)
        self.assert_run(
            self.promote("{env: MY_TOKEN}", env={"MY_TOKEN": str(path)}), 2, "", """\
                headway: error: the variable MY_TOKEN holds a file's path, not the secret
                  because: that is how GitLab hands over a variable of the type "File"
                  try: name it as a file: {file: $MY_TOKEN}, or --token-file "$MY_TOKEN"
                  try: give MY_TOKEN the type "Variable"
                """
        )

    def test_a_token_in_place_of_its_name(self) -> None:
        self.assert_run(self.promote(k_token), 2, "", """\
            headway: error: .headway.yml:3:52: "token" takes {env: NAME} or {file: PATH}
              because: a token is never written into the file
              try: token: {env: STAGING_PUSH_TOKEN}
            """)


class Gates(ConfigurationTest):
    """after, soak, freeze, on_unhealthy, on_retry: read, checked and shown."""

    def refused(self, environment: str, message: str, *arguments: str) -> None:
        """These keys of staging, from line 7 on, beside a canary."""
        canary = "  canary: {branch: c}\n"
        self.stage.configure(environment=environment)
        file = self.stage.headway.work / ".headway.yml"
        file.write_text(file.read_text(encoding="utf-8") + canary, encoding="utf-8")
        result = self.stage.promote(*arguments)
        self.assert_run(result, 2, "", f"headway: error: {message}\n")
        self.assertEqual(self.stage.host.requests(), [])

    def test_flag_over_variable_over_file(self) -> None:
        self.stage.configure(
            environment="""\
                after: canary
                soak: 30m
                freeze: [{from: "Fri 16:00", to: "Mon 08:00", timezone: Europe/Berlin}]
                on_unhealthy: hold
                on_retry: rollback
                """
        )
        file = self.stage.headway.work / ".headway.yml"
        text = file.read_text(encoding="utf-8") + "  canary: {branch: c}\n  qa: {branch: q}\n"
        file.write_text(text, encoding="utf-8")
        names = ("after", "soak", "freeze", "on_unhealthy", "on_retry")

        def shown(*arguments: str, **options: Any) -> list[str]:
            # The gates are not met, which is told beside.
            settings = self.settings(*arguments, code=3, **options)
            return [settings[name] for name in names]

        self.assertEqual(
            shown(),
            [
                "canary  (.headway.yml:7:12)",
                "30m  (.headway.yml:8:11)",
                "Fri 16:00 to Mon 08:00 Europe/Berlin  (.headway.yml:9:14)",
                "hold  (.headway.yml:10:19)",
                "rollback  (.headway.yml:11:15)",
            ],
        )
        env = {
            "HEADWAY_AFTER": "qa, canary",
            "HEADWAY_SOAK": "1h",
            "HEADWAY_FREEZE": "\n18:00 to 08:00\n",
            "HEADWAY_ON_UNHEALTHY": "rollback",
            "HEADWAY_ON_RETRY": "refuse",
        }
        self.assertEqual(
            shown(env=env),
            [
                "qa, canary  (HEADWAY_AFTER)",
                "1h  (HEADWAY_SOAK)",
                "daily 18:00 to 08:00 UTC  (HEADWAY_FREEZE)",
                "rollback  (HEADWAY_ON_UNHEALTHY)",
                "refuse  (HEADWAY_ON_RETRY)",
            ],
        )
        flags = ["--after", "canary", "--after", "qa", "--soak", "2h"]
        flags += ["--freeze", "2026-12-24 to 2027-01-02 UTC", "--on-unhealthy", "fail"]
        flags += ["--on-retry", "rollback"]
        self.assertEqual(
            shown(*flags, env=env),
            [
                "canary, qa  (--after)",
                "2h  (--soak)",
                "2026-12-24 00:00 to 2027-01-02 00:00 UTC  (--freeze)",
                "fail  (--on-unhealthy)",
                "rollback  (--on-retry)",
            ],
        )

    def test_order(self) -> None:
        for keys, message in (
            ("after: canry", """\
.headway.yml:7:12: unknown environment "canry"
  because: "staging" can come after: canary
  try: did you mean "canary"?"""),
            ("after: staging", """\
.headway.yml:7:12: environment "staging" cannot come after itself"""),
            ("soak: 30m", """\
.headway.yml:7:11: nothing says where the commit has to soak
  because: environment "staging" comes after no other one
  try: after: NAME in the file, or --after NAME"""),
            ("after: canary\nsoak: 91d", """\
.headway.yml:8:11: "91d" is not a duration
  because: a duration is made of whole numbers with the units h, m, s and ms
  try: <duration>, <duration>, <duration> or 1h30m"""),
            ("on_unhealthy: rolback", """\
.headway.yml:7:19: "rolback" is not one of fail, hold, rollback
  try: did you mean "rollback"?"""),
            ("on_retry: hold", """\
.headway.yml:7:15: "hold" is not one of refuse, rollback"""),
        ):
            with self.subTest(keys):
                self.refused(keys, message)

    def test_a_circle(self) -> None:
        text = "environments:\n  staging: {branch: s, after: edge}\n  edge: {branch: e, after: [staging]}\n"
        self.stage.write(".headway.yml", text)
        self.assert_run(self.stage.promote(), 2, "", """\
            headway: error: .headway.yml:3:29: the environments wait for each other in a circle
              because: each of these comes after the next, and the last one after the first: staging, edge
              try: remove one "after" of them
            """)

    def test_freezes(self) -> None:
        forms = '"Fri 16:00", "18:00", "2026-12-24 18:00" or "2026-12-24"'
        moments = (
            "  because: a moment is a weekday and a time, a time of every day, or a date with or"
            " without a time\n  try: "
        )
        for freeze, message in (
            ("weekend", """\
.headway.yml:7:13: a freeze is a map
  try: - {from: "Fri 16:00", to: "Mon 08:00", timezone: Europe/Berlin}"""),
            ("{to: 8:00}", """\
.headway.yml:7:13: the freeze has no "from"
  try: from: "Fri 16:00\""""),
            ("{from: 8:00}", """\
.headway.yml:7:13: the freeze has no "to"
  try: to: "Mon 08:00\""""),
            ("[{from: 18:00, to: 8 am}]", f"""\
.headway.yml:7:32: "8 am" is not a moment of a freeze
{moments}{forms}"""),
            ("{from: Fryday 16:00, to: Mon 08:00}", f"""\
.headway.yml:7:20: "Fryday 16:00" is not a moment of a freeze
{moments}did you mean "Friday"?"""),
            ("{from: Fri 24:00, to: Mon 08:00}", """\
.headway.yml:7:20: no freeze begins at "Fri 24:00"
  because: 24:00 is the end of a day
  try: write 00:00, and the next day where there is one"""),
            ("{from: Fri 16:00, to: 08:00}", f"""\
.headway.yml:7:35: "Fri 16:00" and "08:00" do not go together
  because: the first one comes every week, the second one every day
  try: write both in one way: {forms}"""),
            ("{from: 18:00, to: 18:00}", """\
.headway.yml:7:31: the freeze ends where it begins
  because: that could mean always as well as never
  try: write another end; a whole day is "00:00" to "24:00\""""),
            ("{from: 2026-12-24, to: 2026-01-02}", """\
.headway.yml:7:36: the freeze ends before it begins
  because: it begins at "2026-12-24"
  try: exchange the two, or look at the year"""),
            ("{from: 18:00, to: 8:00, timezone: Europe/Berln}", """\
.headway.yml:7:47: unknown time zone "Europe/Berln"
  because: time zones have the names that IANA gives them
  try: did you mean "Europe/Berlin"?"""),
            ("{from: 18:00, to: 8:00, timezone: at home and far away}", """\
.headway.yml:7:47: unknown time zone "at home and far away"
  because: time zones have the names that IANA gives them
  try: Europe/Berlin, America/New_York or UTC"""),
        ):
            with self.subTest(freeze):
                self.refused(f"freeze: {freeze}", message)

    def test_flags(self) -> None:
        for flag, value, message in (
            ("--freeze", "Fri 16:00 until Mon 08:00", """\
--freeze: "Fri 16:00 until Mon 08:00" is not a freeze
  because: a freeze is two moments with "to" between them, and a time zone
  try: Fri 16:00 to Mon 08:00 Europe/Berlin"""),
            ("--after", "canry", """\
--after: unknown environment "canry"
  because: "staging" can come after: canary
  try: did you mean "canary"?"""),
            ("--soak", "1h", """\
--soak: nothing says where the commit has to soak
  because: environment "staging" comes after no other one
  try: after: NAME in the file, or --after NAME"""),
            ("--on-retry", "rolback", """\
--on-retry: "rolback" is not one of refuse, rollback
  try: did you mean "rollback"?"""),
        ):
            with self.subTest(flag):
                self.refused("", message, flag, value)

    def test_without_a_file(self) -> None:
        remote = self.stage.host.url()
        self.remove_file()
        settings = self.settings(
            *("--remote", remote, "--branch", k_branch, "--token-env", k_variable),
            *("--after", "canary", "--soak", "1h"),
            code=3,
        )
        self.assertEqual(settings["after"], "canary  (--after)")
        self.assertEqual(settings["soak"], "1h  (--soak)")


if __name__ == "__main__":
    unittest.main()
