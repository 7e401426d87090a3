"""The command line itself: help, mistakes, verbosity, colours, where what is written."""

from __future__ import annotations

import re
import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_token
from host.headway import Headway, Result, assert_no_secret

k_commands = (
    "promote", "verify", "rollback", "hold", "resume", "status", "history", "config", "notify",
    "doctor", "init", "completion", "man",
)  # fmt: skip


class Help(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())

    def run_headway(self, *arguments: str, **options: Any) -> Result:
        return self.headway.run(arguments, **options)

    def assert_told(self, result: Result, code: int, stdout: str, stderr: str) -> None:
        StageTest.assert_run(self, result, code, stdout, stderr)  # type: ignore[arg-type]

    def test_version(self) -> None:
        for arguments in (["--version"], ["promote", "--version"], ["--version", "promote", "x"]):
            with self.subTest(arguments=arguments):
                result = self.run_headway(*arguments)
                self.assertEqual((result.code, result.stderr), (0, ""))
                self.assertRegex(
                    result.stdout,
                    r"\Aheadway \d+\.\d+\.\d+ \(commit \S+\)\n"
                    r"libgit2 [\d.]+, libcurl [\d.]+, OpenSSL [\d.]+, c-ares [\d.]+\n\Z",
                )

    def test_help(self) -> None:
        self.assert_told(self.run_headway("--help"), 0, """\
            Promotes main to deployment branches, proves it, tells, takes it back.
            Usage: headway [OPTIONS] COMMAND

            Commands:
              promote                     Move environments forward, and prove it
              verify                      Prove that the right version runs, and healthily
              rollback                    Move an environment back, and hold it there
              hold                        Stop promotions to an environment, or to all
              resume                      End a hold
              status                      Show what runs where, and what needs attention
              history                     Show what happened to an environment
              config                      Show every setting, and where it comes from
              notify                      Post one message about an environment
              doctor                      Check all that a promotion needs, and move nothing
              init                        Write a first .headway.yml, and what CI needs
              completion                  Print the script by which a shell completes
              man                         Print the manual page

            Options:
              -h,--help                   Print this help
              --help-all                  Print every option of a command, or of all of them
              --version                   Print version, commit and libraries
              --licenses                  Print the licences of all that is inside

            Global:
              --config FILE               The configuration file [.headway.yml]
              --output FORMAT             text [default] or json
              --quiet                     Nothing but results and errors
              -v,--verbose                Say what is done; -vv also every exchange
              --color WHEN                auto [default], always or never
              --timeout TIME              For one request to the git server [<duration>]
              --ca-file FILE              Trust these certificates too

            Every option has a variable: --dry-run is HEADWAY_DRY_RUN. The option wins.
            Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 unhealthy, 5 not authorised,
                        6 still old, 7 mixed, 8 unreachable, 130 interrupted.

            A command's own options: headway promote --help
            """, "")

    def test_help_of_a_command(self) -> None:
        self.assert_told(self.run_headway("rollback", "--help"), 0, """\
            Move an environment back, and hold it there
            Usage: headway rollback [OPTIONS] ENV

            Positionals:
              ENV                         The environment

            Options:
              -h,--help                   Print this help
              --to SHA                    The commit to go back to [the last verified one]
              --steps N                   Go back so many deployments instead
              --strategy WORD             auto [default], reset (by a force push) or
                                          restore (by a new commit)
              --reason TEXT               Why; goes into the ledger and every refusal
              --dry-run                   Print what would be taken back, change nothing
              --no-verify                 Do not wait until the old version runs
              --follow-up                 Open a merge request that reverts what was bad

            Settings:
              --remote URL                The repository [CI's, else the checkout's origin]
              --source BRANCH             The branch to promote from [the remote's HEAD]
              --branch BRANCH             The environment's deployment branch
              --token-env NAME            The variable that holds the token
              --token-file FILE           The file that holds the token
              --url URL                   Where the environment answers
              --slack-webhook-env NAME    The variable that holds Slack's webhook
              --deadline TIME             How long to wait [<duration>]
              --watch TIME                And then it has to stay so for [<duration>]
              --probe URL                 What to ask: a URL, or a path below the url
              --expect POINTER=TEXT       In the answer's JSON: '/version=${short_commit}'
              --junit FILE                Write a JUnit report of what was verified
              --dotenv FILE               Write VERIFY_OUTCOME and others for later jobs
              --annotations FILE          Write links for GitLab's job page

            Examples:
              headway rollback production --reason "checkout fails"
              headway rollback production --to 1a2b3c4d --dry-run

            All options: headway rollback --help-all
            """, "")

    def test_help_fits_a_terminal(self) -> None:
        for command in ((), *((name,) for name in k_commands)):
            with self.subTest(command=command):
                result = self.run_headway(*command, "--help")
                self.assertEqual((result.code, result.stderr), (0, ""))
                lines = result.stdout.splitlines()
                self.assertLessEqual(max(map(len, lines)), 80)
                self.assertLessEqual(len(lines), 40)
                self.assertEqual(self.run_headway(*command, "-h").stdout, result.stdout)

    def test_each_command_has_an_example(self) -> None:
        for name in k_commands:
            with self.subTest(name):
                text = self.run_headway(name, "--help").stdout
                self.assertRegex(text, rf"(?m)^Examples:\n  headway {name} ")

    def test_the_table_of_this_test_is_whole(self) -> None:
        listed = re.search(r"(?ms)^Commands:\n(.*?)\n\n", self.run_headway("--help").stdout)
        assert listed
        self.assertEqual(tuple(line.split()[0] for line in listed[1].splitlines()), k_commands)

    def test_all_options_of_a_command(self) -> None:
        for name in k_commands:
            with self.subTest(name):
                short = self.run_headway(name, "--help").stdout
                whole = self.run_headway(name, "--help-all").stdout
                options = [line for line in short.splitlines() if line.startswith("  -")]
                self.assertLess(set(options), set(whole.splitlines()))
                self.assertIn("\nGlobal:\n  --config FILE", whole)
                more = "More settings:" in whole
                self.assertEqual(f"All options: headway {name} --help-all" in short, more)
                self.assertLessEqual(max(map(len, whole.splitlines())), 80)
        rare = self.run_headway("promote", "--help-all").stdout
        for option in ("--token-stdin", "--after ENV", "--soak TIME", "--method WORD", "--interval"):
            self.assertIn(f"  {option}", rare)
            self.assertNotIn(option, self.run_headway("promote", "--help").stdout)

    def test_help_of_everything(self) -> None:
        text = self.run_headway("--help-all").stdout
        for option in ("--release-hold", "--to", "--event", "--expect", "--output"):
            self.assertIn(option, text)

    def test_no_command(self) -> None:
        for arguments in ((), ("-v",), ("--output", "text")):
            with self.subTest(arguments=arguments):
                self.assert_told(self.run_headway(*arguments), 2, "", """\
                    headway: error: no command is named
                      try: headway --help
                    """)

    def test_mistakes(self) -> None:
        for arguments, text in (
            ("promte staging", """\
                headway: error: unknown command "promte"
                  try: headway promote
                  try: headway --help
                """),
            ("xyz", """\
                headway: error: unknown command "xyz"
                  try: headway --help
                """),
            ("--versoin", """\
                headway: error: unknown option "--versoin"
                  try: --version
                  try: headway --help
                """),
            ("promote staging --dryrun", """\
                headway: error: unknown option "--dryrun"
                  try: --dry-run
                  try: headway promote --help
                """),
            ("promote staging --comit=1234", """\
                headway: error: unknown option "--comit"
                  try: --commit
                  try: headway promote --help
                """),
            ("promote staging --zzzz", """\
                headway: error: unknown option "--zzzz"
                  try: headway promote --help
                """),
            ("promote", """\
                headway: error: no environment is named
                  try: headway promote --help
                """),
            ("notify", """\
                headway: error: no environment is named
                  try: headway notify --help
                """),
            ("rollback a b", """\
                headway: error: rollback takes one environment
                  try: headway rollback --help
                """),
            ("promote staging --commit", """\
                headway: error: --commit has no value
                  try: headway promote --help
                """),
            ("promote staging --commit a --commit b", """\
                headway: error: --commit is given more than once
                  try: headway promote --help
                """),
            ("promote staging --output yaml", """\
                headway: error: --output: unknown "yaml"
                  because: it is one of text, json
                  try: --output text
                """),
            ("promote staging --color sometimes", """\
                headway: error: --color: unknown "sometimes"
                  because: it is one of auto, always, never
                  try: --color auto
                """),
            ("promote staging --token glpat-0123456789abcdef", """\
                headway: error: unknown option "--token"
                  because: no token is taken from the command line, where others can see it
                  try: --token-env NAME, --token-file FILE or --token-stdin
                  try: headway promote --help
                """),
            ("promote staging --token=glpat-0123456789abcdef", """\
                headway: error: unknown option "--token"
                  because: no token is taken from the command line, where others can see it
                  try: --token-env NAME, --token-file FILE or --token-stdin
                  try: headway promote --help
                """),
            ("promote staging --timeout soon --remote http://127.0.0.1:1/x.git --branch x", """\
                headway: error: --timeout: "soon" is not a duration
                  because: a duration is made of whole numbers with the units h, m, s and ms
                  try: <duration>, <duration>, <duration> or 1h30m
                """),
        ):
            with self.subTest(arguments):
                self.assert_told(self.run_headway(*arguments.split()), 2, "", text)

    def test_an_unknown_word_is_shown_safely(self) -> None:
        result = self.run_headway("pro\x1b[31mmote\n")
        self.assertEqual(result.code, 2)
        self.assertNotIn("\x1b", result.stderr)
        self.assertEqual(result.stderr.count("\n"), len(result.stderr.splitlines()))

    def test_mistakes_in_json(self) -> None:
        for arguments, env in (
            (("--output", "json", "promte"), {}),
            (("promte", "--output=json"), {}),
            (("promte",), {"HEADWAY_OUTPUT": "json"}),
        ):
            with self.subTest(arguments=arguments):
                result = self.run_headway(*arguments, env=env)
                self.assertEqual(
                    result.json(),
                    {
                        "command": None,
                        "exit_code": 2,
                        "error": {
                            "kind": "usage",
                            "what": 'unknown command "promte"',
                            "because": "",
                            "try": ["headway promote", "headway --help"],
                        },
                        "warnings": [],
                    },
                )
                self.assertEqual(result.code, 2)
                self.assertIn("headway: error: unknown command", result.stderr)

    def test_a_mistake_in_a_variable(self) -> None:
        for variable, text, message in (
            ("HEADWAY_OUTPUT", "jsno", """\
                headway: error: --output: unknown "jsno"
                  because: it is one of text, json
                  try: --output text
                """),
            ("HEADWAY_COLOR", "no", """\
                headway: error: --color: unknown "no"
                  because: it is one of auto, always, never
                  try: --color auto
                """),
            ("HEADWAY_DRY_RUN", "maybe", """\
                headway: error: Could not convert: --dry-run = maybe
                  try: headway promote --help
                """),
            ("HEADWAY_VERBOSE", "lots", """\
                headway: error: Could not convert: --verbose = lots
                  try: headway promote --help
                """),
            ("HEADWAY_DEADLINE", "soon", """\
                headway: error: HEADWAY_DEADLINE: "soon" is not a duration
                  because: a duration is made of whole numbers with the units h, m, s and ms
                  try: <duration>, <duration>, <duration> or 1h30m
                """),
        ):
            with self.subTest(variable):
                result = self.run_headway("promote", "staging", env={variable: text})
                self.assert_told(result, 2, "", message)


class Streams(StageTest):
    """Staging is promoted from the first commit to the third; a webhook is not set: a warning."""

    def setUp(self) -> None:
        self.open()
        self.stage.deploy()
        self.stage.configure(top="notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}")

    def promote(self, *arguments: str, **options: Any) -> Result:
        result = self.stage.promote(*arguments, **options)
        assert_no_secret(result, [k_token])
        return result

    def test_results_and_the_rest(self) -> None:
        self.assert_run(self.promote(), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            headway: warning: the variable SLACK_WEBHOOK is not set
              because: .headway.yml:3:33 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
              try: set SLACK_WEBHOOK in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
              try: outside CI: export SLACK_WEBHOOK
            """)

    def test_quiet(self) -> None:
        self.assert_run(self.promote("--quiet"), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """, "")

    def test_quiet_by_variable(self) -> None:
        by_flag = self.promote("--quiet", "--dry-run")
        self.assertEqual(self.promote("--dry-run", env={"HEADWAY_QUIET": "1"}).stderr, by_flag.stderr)

    def test_quiet_shows_errors(self) -> None:
        self.stage.host.refuse_with("no")
        result = self.promote("--quiet")
        self.assertEqual((result.code, result.stdout), (3, ""))
        self.assertTrue(result.stderr.startswith("headway: error: "), result.stderr)

    def test_json(self) -> None:
        result = self.promote("--output", "json")
        self.assertEqual((result.code, result.json()["exit_code"]), (0, 0))
        self.assertIn("headway: warning: ", result.stderr)

    def test_verbose(self) -> None:
        plain, verbose, wire = (
            self.promote("--dry-run", *flags).stderr.splitlines()
            for flags in ((), ("-v",), ("-vv",))
        )
        self.assertEqual(plain, [])
        self.assertEqual(
            [re.sub(r"\d+ bytes", "<size>", line) for line in verbose],
            [
                "headway: asked what the server offers: <size>",
                "headway: asked for 3 refs: <size>",
                "headway: asked which commits of 2 tips are not in f7eef0d4: <size>",
                "headway: asked which commits of f7eef0d4 are not in 9318c89e: <size>",
            ],
        )
        self.assertGreater(len(wire), len(verbose))
        self.assertTrue(any("POST" in line and "git-upload-pack" in line for line in wire), wire)
        by_variable = self.promote("--dry-run", env={"HEADWAY_VERBOSE": "2"}).stderr.splitlines()

        def posts(lines: list[str]) -> int:  # The server frames its packs as it likes.
            return sum("POST" in line and "git-upload-pack" in line for line in lines)

        self.assertEqual(posts(by_variable), posts(wire))

    def test_flags_by_variables(self) -> None:
        env = {
            "HEADWAY_DRY_RUN": "true",
            "HEADWAY_COMMIT": self.stage.commits[1],
            "HEADWAY_OUTPUT": "json",
        }
        report = self.promote(env=env).json()
        self.assertEqual((report["dry_run"], report["commit"]), (True, self.stage.commits[1]))
        self.assert_untouched(self.stage.commits[0], 1)
        # The command line wins.
        report = self.promote("--commit", self.stage.commits[2], env=env).json()
        self.assertEqual(report["commit"], self.stage.commits[2])

    def test_a_reason_by_variable(self) -> None:
        self.assertEqual(self.promote(env={"HEADWAY_REASON": "because"}).code, 0)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Reason"], "because")


class Colors(StageTest):
    def setUp(self) -> None:
        self.open()
        self.stage.repo.update_ref(f"refs/heads/{k_branch}", self.stage.commits[2])
        self.stage.host.refuse_with("no")

    def colored(self, *arguments: str, terminal: bool = True, **env: str) -> bool:
        """Whether the error's label has a colour."""
        result = self.stage.run(
            "promote", "staging", "--commit", "1" * 40, *arguments, terminal=terminal, env=env
        )
        text = result.stdout + result.stderr
        self.assertRegex(text, r"headway: (\x1b\[1;31m)?error:(\x1b\[0m)? ")
        self.assertEqual("\x1b" in text, bool(re.search(r"\x1b\[1;31merror:\x1b\[0m", text)))
        return "\x1b" in text

    def test_on_a_terminal(self) -> None:
        self.assertTrue(self.colored(TERM="xterm"))

    def test_not_on_a_dumb_one(self) -> None:
        self.assertFalse(self.colored(TERM="dumb"))
        self.assertFalse(self.colored())

    def test_not_in_a_pipe(self) -> None:
        self.assertFalse(self.colored(terminal=False, TERM="xterm"))

    def test_no_color(self) -> None:
        self.assertFalse(self.colored(TERM="xterm", NO_COLOR="1"))
        self.assertTrue(self.colored(TERM="xterm", NO_COLOR=""))

    def test_always(self) -> None:
        self.assertTrue(self.colored("--color", "always", terminal=False, NO_COLOR="1"))

    def test_never(self) -> None:
        self.assertFalse(self.colored("--color", "never", TERM="xterm"))

    def test_by_variable(self) -> None:
        self.assertTrue(self.colored(terminal=False, HEADWAY_COLOR="always"))
        self.assertFalse(self.colored(TERM="xterm", HEADWAY_COLOR="never"))

    def test_usage_errors_too(self) -> None:
        env = {"TERM": "xterm"}
        result = self.stage.run("promte", terminal=True, env=env)
        self.assertIn("headway: \x1b[1;31merror:\x1b[0m unknown command", result.stdout)


if __name__ == "__main__":
    unittest.main()
