"""Command lines, configurations and tokens that cannot be right, and outputs that cannot be
written: told before any network traffic, by exit code 2."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from e2e.support import StageTest, k_branch, k_token
from host import answer
from host.headway import Result, assert_no_secret
from host.loopback import ClosedPort


class InputTest(StageTest):
    def setUp(self) -> None:
        self.open()

    def assert_usage(self, result: Result, stderr: str) -> None:
        """Refused in these words, and the server was asked nothing."""
        self.assert_run(result, 2, "", stderr)
        self.assertEqual(self.stage.host.requests(), [])

    def promote_with(self, configuration: str) -> Result:
        self.stage.write(".headway.yml", configuration)
        return self.stage.promote()


class CommandLine(InputTest):
    def test_no_command(self) -> None:
        self.assert_usage(self.stage.run(), """\
            headway: error: no command is named
              try: headway --help
            """)

    def test_an_unknown_command(self) -> None:
        self.assert_usage(self.stage.run("promot", "staging"), """\
            headway: error: unknown command "promot"
              try: headway promote
              try: headway --help
            """)

    def test_an_unknown_flag(self) -> None:
        self.assert_usage(self.stage.promote("--dryrun"), """\
            headway: error: unknown option "--dryrun"
              try: --dry-run
              try: headway promote --help
            """)

    def test_a_flag_of_no_command(self) -> None:
        self.assert_usage(self.stage.run("--frobnicate"), """\
            headway: error: unknown option "--frobnicate"
              try: headway --help
            """)

    def test_a_flag_without_its_value(self) -> None:
        self.assert_usage(self.stage.promote("--commit"), """\
            headway: error: --commit has no value
              try: headway promote --help
            """)

    def test_a_value_that_is_none(self) -> None:
        self.assert_usage(self.stage.promote("--timeout", "soon"), """\
            headway: error: --timeout: "soon" is not a duration
              because: a duration is made of whole numbers with the units h, m, s and ms
              try: <duration>, <duration>, <duration> or 1h30m
            """)

    def test_a_format_that_does_not_exist(self) -> None:
        self.assert_usage(self.stage.promote("--output", "xml"), """\
            headway: error: --output: unknown "xml"
              because: it is one of text, json
              try: --output text
            """)

    def test_no_environment(self) -> None:
        self.assert_usage(self.stage.run("promote"), """\
            headway: error: no environment is named
              try: headway promote --help
            """)

    def test_an_unknown_environment(self) -> None:
        self.assert_usage(self.stage.run("promote", "stagin"), """\
            headway: error: unknown environment "stagin"
              because: known environments: staging
              try: did you mean "staging"?
            """)

    def test_a_pattern_that_matches_none(self) -> None:
        self.assert_usage(self.stage.run("promote", "edge-*"), """\
            headway: error: no environment matches "edge-*"
              because: known environments: staging
            """)

    def test_a_commit_that_is_no_id(self) -> None:
        self.assert_run(self.stage.promote("--commit", "HEAD~1"), 2, "", """\
            headway: error: "HEAD~1" is no commit id
              because: a commit is named by 4 to 40 hexadecimal digits
              try: give its id, as this prints it: git rev-parse NAME
            """)
        self.assert_untouched(None, 0)

    def test_a_token_on_the_command_line(self) -> None:
        result = self.stage.promote("--token", k_token)
        self.assert_usage(result, """\
            headway: error: unknown option "--token"
              because: no token is taken from the command line, where others can see it
              try: --token-env NAME, --token-file FILE or --token-stdin
              try: headway promote --help
            """)
        assert_no_secret(result, [k_token])

    def test_a_token_in_the_url(self) -> None:
        result = self.stage.promote("--remote", f"https://bot:{k_token}@git.example.com/app.git")
        self.assert_usage(result, """\
            headway: error: --remote: the URL holds credentials
              because: a token does not belong in the URL
              try: remove it there, and give it as token: {env: NAME}, --token-env NAME or --token-file PATH
            """)
        assert_no_secret(result, [k_token])


class ConfigurationFile(InputTest):
    def test_no_yaml(self) -> None:
        self.assert_usage(self.promote_with("environments: {staging: [\n"), """\
            headway: error: .headway.yml:1:1: end of sequence flow not found
              because: the file is not valid YAML
              try: compare the line and the one above it with examples/headway.yml
            """)

    def test_another_encoding(self) -> None:
        path = self.stage.write(".headway.yml", "")
        path.write_bytes(b"remote: \xff\xfe\n")
        self.assert_usage(self.stage.promote(), """\
            headway: error: .headway.yml:1:9: a control character, or a byte that is not UTF-8
              because: the file is plain text in UTF-8
              try: save it as UTF-8 without a mark
            """)

    def test_an_unknown_key(self) -> None:
        self.assert_usage(self.promote_with("enviroments:\n  staging: {branch: x}\n"), """\
            headway: error: .headway.yml:1:1: unknown key "enviroments"
              because: known keys here: api, environments, forge, identity, ledger, notify, remote, source
              try: did you mean "environments"?
            """)

    def test_an_unknown_key_of_an_environment(self) -> None:
        text = "environments:\n  staging:\n    brunch: x\n"
        self.assert_usage(self.promote_with(text), """\
            headway: error: .headway.yml:3:5: unknown key "brunch"
              because: known keys here: after, api_token, branch, freeze, on_retry, on_unhealthy, soak, token, token_user, url, verify
              try: did you mean "branch"?
            """)

    def test_a_wrong_type(self) -> None:
        text = "environments:\n  staging: {branch: [a, b]}\n"
        self.assert_usage(self.promote_with(text), """\
            headway: error: .headway.yml:2:21: "branch" takes text, and here is a list
            """)

    def test_a_literal_token(self) -> None:
        text = f"environments:\n  staging:\n    branch: x\n    token: {k_token}\n"
        result = self.promote_with(text)
        self.assert_usage(result, """\
            headway: error: .headway.yml:4:12: "token" takes {env: NAME} or {file: PATH}
              because: a token is never written into the file
              try: token: {env: STAGING_PUSH_TOKEN}
            """)
        assert_no_secret(result, [k_token])

    def test_no_remote(self) -> None:
        text = "environments:\n  staging: {branch: x, token: {env: STAGING_PUSH_TOKEN}}\n"
        self.assert_usage(self.promote_with(text), """\
            headway: error: no remote is known
              because: there is no --remote, no "remote" in a .headway.yml, no CI_PROJECT_URL and no checkout with an origin
              try: --remote https://gitlab.example.com/group/app.git
            """)

    def test_a_file_that_is_not_there(self) -> None:
        self.assert_usage(self.stage.promote("--config", "other.yml"), """\
            headway: error: other.yml cannot be read
              because: No such file or directory
              try: name the configuration file: --config FILE
            """)

    def test_a_remote_that_is_no_url(self) -> None:
        self.assert_usage(self.stage.promote("--remote", "git@example.com:app.git"), """\
            headway: error: --remote: headway does not speak ssh
              because: it pushes over https with an access token
              try: https://example.com/app.git
            """)

    def test_plain_http_to_another_machine(self) -> None:
        # Refused before a name is looked up: the token would be readable on the way.
        self.assert_usage(
            self.stage.promote("--remote", "http://git.example.com/group/app.git"), """\
                headway: error: a secret must not be sent to git.example.com:80 over http
                  because: plain http would show it to everybody on the way
                  try: use https://git.example.com/… instead
                """
        )

    def test_several_environments_with_different_tokens(self) -> None:
        path = self.stage.headway.work / ".headway.yml"
        path.write_text(
            path.read_text() + "  production: {branch: production, token: {env: OTHER_TOKEN}}\n"
        )
        self.assert_usage(self.stage.run("promote", "staging", "production"), """\
            headway: error: staging and production have different tokens
              because: environments named together move in one push, and a push carries one token: $STAGING_PUSH_TOKEN is not $OTHER_TOKEN
              try: one after the other: headway promote staging && headway promote production
              try: or give them the same token in .headway.yml
            """)


class Tokens(InputTest):
    def with_token(self, value: str | None) -> Result:
        env = {} if value is None else {"STAGING_PUSH_TOKEN": value}
        return self.stage.headway.run(["promote", "staging"], env=env)

    def test_not_set(self) -> None:
        self.assert_usage(self.with_token(None), """\
            headway: error: the variable STAGING_PUSH_TOKEN is not set
              because: .headway.yml:6:18 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
              try: set STAGING_PUSH_TOKEN in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
              try: outside CI: export STAGING_PUSH_TOKEN
            """)

    def test_empty(self) -> None:
        self.assert_usage(self.with_token(""), """\
            headway: error: the variable STAGING_PUSH_TOKEN is empty
              because: .headway.yml:6:18 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
              try: set STAGING_PUSH_TOKEN in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
              try: outside CI: export STAGING_PUSH_TOKEN
            """)

    def test_blank(self) -> None:
        self.assert_usage(self.with_token("   "), """\
            headway: error: the variable STAGING_PUSH_TOKEN is empty
              because: .headway.yml:6:18 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
              try: set STAGING_PUSH_TOKEN in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
              try: outside CI: export STAGING_PUSH_TOKEN
            """)

    def test_a_name_that_nobody_replaced(self) -> None:
        self.assert_usage(self.with_token("$STAGING_PUSH_TOKEN"), """\
            headway: error: the variable STAGING_PUSH_TOKEN holds the name of another variable
              because: nobody replaced it by its value: GitLab leaves "$NAME" as it is when NAME is not set in this job
              try: set STAGING_PUSH_TOKEN to the secret itself
            """)

    def test_with_a_line_break_inside(self) -> None:
        result = self.with_token(f"{k_token}\nsecond line")
        self.assert_usage(result, """\
            headway: error: the variable STAGING_PUSH_TOKEN holds no secret that can be sent
              because: it has several lines or control characters
              try: set STAGING_PUSH_TOKEN to the secret itself
            """)
        assert_no_secret(result, [k_token])

    def test_too_short_to_be_kept_secret(self) -> None:
        self.assert_usage(self.with_token("abc"), """\
            headway: error: a secret is too short to be kept out of the output
              because: secrets have at least 4 characters
              try: check the variable or file that it comes from
            """)

    def test_a_line_break_at_its_end_is_left_out(self) -> None:
        self.assertEqual(self.with_token(f"{k_token}\n").code, 0)
        self.assert_moved(self.stage.commits[2], 1)

    def with_file(self, text: str | None) -> Result:
        self.stage.configure(token=False, environment="token: {file: token.txt}")
        if text is not None:
            self.stage.write("token.txt", text)
        return self.stage.headway.run(["promote", "staging"])

    def test_a_file_that_is_not_there(self) -> None:
        self.assert_usage(self.with_file(None), """\
            headway: error: the file "token.txt" cannot be read
              because: No such file or directory; .headway.yml:6:19 names it
              try: give a path that this user may read, or name a variable: {env: NAME}
            """)

    def test_an_empty_file(self) -> None:
        self.assert_usage(self.with_file(""), """\
            headway: error: the file "token.txt" holds no secret: it is empty
              try: write the secret alone into token.txt
            """)

    def test_a_file_of_several_lines(self) -> None:
        result = self.with_file(f"{k_token}\n{k_token}\n")
        self.assert_usage(result, """\
            headway: error: the file "token.txt" holds no secret that can be sent
              because: it has several lines or control characters
              try: write the secret alone into token.txt
            """)
        assert_no_secret(result, [k_token])

    def test_a_file(self) -> None:
        self.assertEqual(self.with_file(f"{k_token}\n").code, 0)
        self.assert_moved(self.stage.commits[2], 1)

    def test_an_empty_standard_input(self) -> None:
        self.stage.configure(token=False)
        self.assert_usage(self.stage.promote("--token-stdin"), """\
            headway: error: the standard input holds no secret: it is empty
              try: printf %s "$TOKEN" | headway …
            """)


class Output(InputTest):
    """Standard output that takes nothing: what was done was done, and the exit code says that its
    result was not told."""

    def test_full_disk(self) -> None:
        result = self.stage.promote("--quiet", stdout_file=Path("/dev/full"))
        self.assert_run(result, 1, "", """\
            headway: error: the result could not be written
              because: No space left on device
              try: what was done was done: see the messages above, or run the same command again
            """)
        self.assert_moved(self.stage.commits[2], 1)

    def test_full_disk_in_json(self) -> None:
        result = self.stage.promote(
            "--quiet", "--output", "json", stdout_file=Path("/dev/full")
        )
        self.assert_run(result, 1, "", """\
            headway: error: the result could not be written
              because: No space left on device
              try: what was done was done: see the messages above, or run the same command again
            """)
        self.assert_moved(self.stage.commits[2], 1)

    def test_full_disk_and_a_refusal(self) -> None:
        # The refusal's own code is the more telling one.
        self.stage.host.answer(answer.access_denied(), "/group/app.git*")
        result = self.stage.promote("--output", "json", stdout_file=Path("/dev/full"))
        self.assertEqual(result.code, 5, result)
        self.assertIn("the result could not be written", result.stderr)

    def test_full_disk_for_the_version(self) -> None:
        result = self.stage.run("--version", stdout_file=Path("/dev/full"))
        self.assertEqual(result.code, 1, result)

    def closed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """headway with a closed standard output, as `>&-` leaves it."""
        words = [str(self.stage.headway.binary), "promote", "staging", "--quiet", *arguments]
        return subprocess.run(
            ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *words],
            env=self.stage.environment({"HOME": str(self.stage.headway.home)}),
            cwd=self.stage.headway.work,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    def test_closed(self) -> None:
        for arguments in ((), ("--output", "json")):
            with self.subTest(arguments):
                done = self.closed(*arguments)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("headway: error: the result could not be written", done.stderr)
                self.assert_moved(self.stage.commits[2], 1)

    def test_nobody_reads_it(self) -> None:
        # The reading end is closed: no signal ends headway before its work is done.
        words = [str(self.stage.headway.binary), "promote", "staging", "--quiet"]
        with subprocess.Popen(
            words,
            env=self.stage.environment({"HOME": str(self.stage.headway.home)}),
            cwd=self.stage.headway.work,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout and process.stderr
            process.stdout.close()
            stderr = process.stderr.read()
            self.assertEqual(process.wait(60), 1, stderr)
        self.assertIn("the result could not be written", stderr)
        self.assert_moved(self.stage.commits[2], 1)


class Json(InputTest):
    """With --output json, standard output is one JSON document, whatever happens."""

    def assert_document(self, result: Result, code: int, kind: str) -> None:
        document = result.json()
        self.assertEqual(result.code, code, result)
        self.assertEqual(document["exit_code"], code)
        self.assertEqual(document["error"]["kind"], kind)
        self.assertEqual(list(document["error"]), ["kind", "what", "because", "try"])
        self.assertIn(document["error"]["what"], result.stderr)

    def test_usage(self) -> None:
        for words in (
            ("promote", "staging", "--frobnicate"),
            ("promot",),
            (),
            ("promote",),
            ("promote", "production"),
            ("promote", "staging", "--config", "nowhere.yml"),
            ("promote", "staging", "--timeout", "soon"),
        ):
            with self.subTest(words):
                self.assert_document(self.stage.run(*words, "--output", "json"), 2, "usage")

    def test_by_variable(self) -> None:
        result = self.stage.run("promot", env={"HEADWAY_OUTPUT": "json"})
        self.assert_document(result, 2, "usage")

    def test_refused(self) -> None:
        self.stage.host.refuse_with("No.")
        self.assert_document(self.stage.promote("--output=json"), 3, "refused")

    def test_diverged(self) -> None:
        self.stage.repo.commit(branch=k_branch, parents=[self.stage.commits[0]])
        result = self.stage.promote("--output", "json")
        self.assert_document(result, 3, "refused")
        self.assertEqual(result.json()["environments"][0]["action"], "refused")

    def test_network(self) -> None:
        with ClosedPort() as closed:
            self.stage.configure(remote=f"http://127.0.0.1:{closed.port}/app.git")
            self.assert_document(self.stage.promote("--output", "json"), 1, "failed")

    def test_unauthorised(self) -> None:
        result = self.stage.promote("--output", "json", env={"STAGING_PUSH_TOKEN": "glpat-wrong"})
        self.assert_document(result, 5, "unauthorised")

    def test_every_command(self) -> None:
        for words in (("verify", "staging"), ("rollback", "staging", "--to", "1" * 40),
                      ("notify", "staging", "--text", "hello")):  # fmt: skip
            with self.subTest(words):
                env = {"STAGING_PUSH_TOKEN": ""}
                result = self.stage.run(*words, "--output", "json", env=env)
                self.assert_document(result, 2, "usage")


if __name__ == "__main__":
    unittest.main()
