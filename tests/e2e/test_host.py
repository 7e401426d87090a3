"""The git host and its repositories, proven with plain git as the client."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from host import answer
from host.answer import Answer
from host.git_host import Certificate, GitHost
from host.protection import Creation, Refusal
from host.repo import Git, GitError, Repository, k_empty_tree, k_null_id
from host.tls import CertificateAuthority
from host.waiting import await_condition

k_bot = "bot:glpat-0123456789abcdef"
k_users = {"bot": "glpat-0123456789abcdef", "eve": "glpat-fedcba9876543210"}
k_branch = "_gitlab/agents/production"
k_target = f"refs/heads/{k_branch}"


class HostTest(unittest.TestCase):
    """A host with one repository of three commits, and plain git as its client."""

    def start(self, **options: Any) -> Repository:
        self.host = self.enterContext(GitHost(**options))
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.git = Git(self.folder)
        self.repository = self.host.create_repository()
        self.commits = self.repository.commits(3)
        return self.repository

    def push(
        self, *refspecs: str, user: str = "", options: tuple[str, ...] = (), **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Pushes out of a clone made beforehand, so that no object is missing at either end."""
        url = self.host.url(self.repository, credentials=user)
        return self.git.attempt("push", *options, url, *refspecs, cwd=self.repository.path, env=env)

    def packets(self, *arguments: str) -> str:
        """What git traced of the pkt-lines of a command."""
        trace = self.folder / "trace"
        self.git.run(*arguments, env={"GIT_TRACE_PACKET": str(trace)})
        return trace.read_text()


class Serving(HostTest):
    def test_clone_and_push(self) -> None:
        repository = self.start()
        self.git.run("clone", "--quiet", self.host.url(), self.folder / "clone")
        clone = self.folder / "clone"
        self.git.run("commit", "--quiet", "--allow-empty", "-m", "More", cwd=clone)
        self.git.run("push", "--quiet", "origin", "HEAD:refs/heads/main", cwd=clone)
        pushed = self.git.run("rev-parse", "HEAD", cwd=clone)
        self.assertEqual(repository.tip(), pushed)
        self.assertEqual(repository.log(pushed)[1].id, self.commits[2])

    def test_copies_an_existing_repository(self) -> None:
        self.start()
        source = Repository(self.folder / "source")
        ids = source.commits(2)
        source.update_ref("refs/x/y", ids[0])
        before = sorted(p.name for p in source.path.iterdir())
        copy = self.host.copy_repository(source.path, "group/copy")
        self.assertEqual(copy.refs(), source.refs())
        pushed = self.git.attempt(
            "push", "-o", "ci.skip", self.host.url(copy), "main~1:refs/heads/z", cwd=source.path
        )
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        self.assertEqual((copy.tip("z"), source.tip("z")), (ids[0], None))
        self.assertEqual(copy.received_push_options(), [["ci.skip"]])
        self.assertEqual(sorted(p.name for p in source.path.iterdir()), before)

    def test_starts_quickly(self) -> None:
        # The best of many, as other tests run at the same time.
        for _ in range(100):
            begin = time.monotonic()
            with GitHost(users=k_users):
                if time.monotonic() - begin < 0.15:
                    return
        self.fail("no start within 150 ms")

    def test_many_in_parallel(self) -> None:
        def serve(number: int) -> str:
            with GitHost() as host:
                repository = host.create_repository(f"group/app-{number}")
                commit = repository.commit(f"Host {number}")
                shown = repository.git.run("ls-remote", host.url(repository), "refs/heads/main")
                self.assertEqual(shown, f"{commit}\trefs/heads/main")
                return f"{host.port}"

        with ThreadPoolExecutor(8) as pool:
            ports = list(pool.map(serve, range(16)))
        self.assertEqual(len(ports), 16)

    def test_works_below_a_long_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            deep = Path(folder, "d" * 120)
            deep.mkdir()
            program = (
                "from host.git_host import GitHost\n"
                "with GitHost() as host:\n"
                "    repository = host.create_repository()\n"
                "    repository.commit()\n"
                "    print(repository.git.run('ls-remote', host.url()))\n"
            )
            shown = self.run_python(program, TMPDIR=str(deep))
        self.assertIn("refs/heads/main", shown)

    def run_python(self, program: str, **env: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])} | env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def test_close_leaves_nothing(self) -> None:
        host = GitHost(users=k_users)
        host.create_repository().commit()
        group, folder, port = host._group, host.state, host.port
        assert group
        self.assertGreater(len(group.living()), 3)
        host.close()
        host.close()
        self.assertEqual(group.living(), [])
        self.assertFalse(folder.exists())
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))

    def test_processes_end_with_a_killed_test(self) -> None:
        program = (
            "import signal\n"
            "from host.git_host import GitHost\n"
            "host = GitHost()\n"
            "print(host.state, host.port, flush=True)\n"
            "signal.pause()\n"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout
        with child.stdout:
            folder, port = child.stdout.readline().split()
        self.assertTrue(Path(folder).exists())
        socket.create_connection(("127.0.0.1", int(port))).close()
        child.kill()
        child.wait()

        def refused() -> bool:
            try:
                socket.create_connection(("127.0.0.1", int(port))).close()
            except ConnectionRefusedError:
                return True
            return False

        await_condition(refused, "the end of nginx after its test was killed")
        await_condition(lambda: not Path(folder).exists(), "the removal of its folder")

    def test_standalone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            users, ready = Path(folder, "users"), Path(folder, "ready")
            users.write_text("bot:glpat-0123456789abcdef\n")
            process = subprocess.Popen(
                [sys.executable, "-m", "host.git_host", "--ready-file", ready, "--users-file",
                 users, "--anonymous-read", "--protect", f"{k_branch}=bot"],
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            )  # fmt: skip
            try:
                await_condition(ready.exists, "the host's ready file")
                facts = json.loads(ready.read_text())
                repository = Repository(Path(facts["repository"]))
                repository.commit()
                shown = repository.git.run("ls-remote", facts["url"])
                self.assertIn("refs/heads/main", shown)
            finally:
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(20), 0)
            self.assertFalse(Path(facts["repository"]).exists())


class Log(HostTest):
    def test_holds_every_request(self) -> None:
        self.start(users=k_users)
        self.git.run("ls-remote", self.host.url(credentials=k_bot))
        requests = self.host.requests()
        self.assertEqual(
            [(r.method, r.uri, r.status, r.authorized) for r in requests],
            [
                ("GET", "/group/app.git/info/refs?service=git-upload-pack", 401, False),
                ("GET", "/group/app.git/info/refs?service=git-upload-pack", 200, True),
                ("POST", "/group/app.git/git-upload-pack", 200, True),
            ],
        )
        self.assertEqual(len({r.connection for r in requests}), 1)
        self.assertEqual([r.connection_requests for r in requests], [1, 2, 3])
        self.assertTrue(requests[0].user_agent.startswith("git/"))
        self.assertEqual(requests[2].git_protocol, "version=2")
        self.assertGreater(requests[2].bytes_sent, requests[2].body_bytes_sent)
        self.assertGreater(requests[2].request_length, 100)
        self.assertNotIn("glpat", (self.host.state / "access.log").read_text())

    def test_is_complete_and_can_be_cleared(self) -> None:
        self.start()
        for _ in range(4):
            self.git.run("ls-remote", self.host.url())
            self.assertEqual(len(self.host.requests()), 2)
            self.host.clear_log()
        self.assertEqual(self.host.requests(), [])
        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(self.git.run, "ls-remote", self.host.url())
            self.assertEqual(len(self.host.await_requests(8)), 8)

    def test_keeps_the_method_of_an_overridden_post(self) -> None:
        self.start()
        self.host.answer(answer.unavailable(7), "/group/app.git/git-upload-pack")
        failed = self.git.attempt("ls-remote", self.host.url())
        self.assertIn("503", failed.stderr)
        last = self.host.requests()[-1]
        self.assertEqual((last.method, last.status), ("POST", 503))


class Access(HostTest):
    def test_tokens(self) -> None:
        self.start(users=k_users)
        cases = (("", "could not read Username"), ("bot:wrong", "HTTP Basic: Access denied"))
        for user, text in cases:
            refused = self.git.attempt("ls-remote", self.host.url(credentials=user))
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(text, refused.stderr)
        self.git.run("ls-remote", self.host.url(credentials=k_bot))

    def test_anonymous_reading(self) -> None:
        self.start(users=k_users, anonymous_read=True)
        self.git.run("clone", "--quiet", self.host.url(), self.folder / "clone")
        self.assertIn("could not read Username", self.push(f"main:{k_target}").stderr)
        self.assertEqual(self.push(f"main:{k_target}", user=k_bot).returncode, 0)

    def test_fixed_answers(self) -> None:
        self.start()
        host, url = self.host, self.host.url()
        cases: list[tuple[Answer, int, str]] = [
            (answer.access_denied(), 401, f"{Refusal.access_denied}\n"),
            (answer.role_too_low(), 403, Refusal.role),
            (answer.job_token_may_not_push(), 403, Refusal.job_token),
            (answer.archived(), 403, Refusal.archived),
            (answer.read_only(), 403, Refusal.read_only),
            (answer.not_found(), 404, Refusal.not_found),
            (answer.too_many_requests(9), 429, "Retry later\n"),
            (answer.proxy_page(), 200, answer.k_proxy_page),
            (Answer(418, "$host \"quoted\" \\ ü" * 5000), 418, "$host \"quoted\" \\ ü" * 5000),
        ]
        for given, status, body in cases:
            host.answer(given, "/group/app.git*")
            self.assertEqual(get(f"{url}/info/refs?service=git-upload-pack"), (status, body))
        host.clear_answers()
        self.git.run("ls-remote", url)

    def test_answer_for_one_service(self) -> None:
        self.start()
        self.host.answer(answer.role_too_low(), "/group/app.git", service="receive-pack")
        self.git.run("ls-remote", self.host.url())
        refused = self.push(f"main:{k_target}")
        self.assertIn(f"remote: {Refusal.role}", refused.stderr)
        self.assertIsNone(self.repository.tip(k_branch))

    def test_redirect_to_a_sign_in_page(self) -> None:
        self.start()
        self.host.answer(answer.redirect("/users/sign_in"), "/group/app.git*")
        self.host.answer(answer.sign_in_page(), "/users/sign_in")
        self.assertNotEqual(self.git.attempt("ls-remote", self.host.url()).returncode, 0)
        self.assertEqual([r.status for r in self.host.requests()], [302, 200])

    def test_unknown_path(self) -> None:
        self.start()
        self.assertEqual(get(f"{self.host.origin}/group/other"), (404, Refusal.not_found))
        missing = self.git.attempt("ls-remote", self.host.url("group/other"))
        self.assertIn("not found", missing.stderr)


class Tls(HostTest):
    def failure(self, ca_file: Path) -> str:
        """Why a client that trusts this authority alone does not trust the host."""
        context = ssl.create_default_context(cafile=ca_file)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        try:
            with socket.create_connection(("127.0.0.1", self.host.port)) as connection:
                context.wrap_socket(connection, server_hostname="127.0.0.1").close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        return ""

    def test_valid_only_with_its_authority(self) -> None:
        self.start(tls=Certificate.valid)
        self.git.run("-c", f"http.sslCAInfo={self.host.ca_file}", "ls-remote", self.host.url())
        self.assertEqual(self.failure(self.host.ca_file), "")
        stranger = CertificateAuthority(self.folder / "other")
        self.assertIn("unable to get local issuer", self.failure(stranger.certificate))

    def test_expired(self) -> None:
        self.start(tls=Certificate.expired)
        self.assertIn("expired", self.failure(self.host.ca_file))

    def test_wrong_host(self) -> None:
        self.start(tls=Certificate.wrong_host)
        self.assertIn("mismatch", self.failure(self.host.ca_file))


class Capabilities(HostTest):
    def advertised(self, service: str) -> str:
        return get(f"{self.host.url()}/info/refs?service=git-{service}")[1]

    def test_all_on(self) -> None:
        self.start()
        self.assertRegex(self.packets("ls-remote", self.host.url()), r"version 2")
        self.assertIn(" filter", self.advertised("upload-pack"))
        self.assertIn(" allow-reachable-sha1-in-want", self.advertised("upload-pack"))
        self.assertIn(" atomic", self.advertised("receive-pack"))
        self.assertIn(" push-options", self.advertised("receive-pack"))

    def test_all_off(self) -> None:
        self.start(protocol_v2=False, allow_filter=False, any_sha1=False, atomic=False,
                   push_options=False)  # fmt: skip
        packets = self.packets("ls-remote", self.host.url())
        self.assertNotIn("version 2", packets)
        self.assertIn(f"{self.commits[2]} refs/heads/main", packets)
        for word in (" filter", "allow-reachable-sha1", " atomic", "push-options"):
            self.assertNotIn(word, self.advertised("upload-pack") + self.advertised("receive-pack"))

    def test_filter(self) -> None:
        for allowed, warning in ((True, ""), (False, "filtering not recognized by server")):
            self.start(allow_filter=allowed)
            done = self.git.attempt("clone", "--bare", "--filter=tree:0", "--quiet",
                                    self.host.url(), self.folder / "clone")  # fmt: skip
            self.assertEqual(done.returncode, 0)
            self.assertIn(warning, done.stderr)
            kinds = self.git.run("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)",
                                 cwd=self.folder / "clone")  # fmt: skip
            self.assertEqual("tree" in kinds, not allowed)

    def test_atomic(self) -> None:
        self.start()
        self.repository.protection.decline_refs("refs/headway/*", "not here")
        refused = self.push("main:refs/heads/a", "main:refs/headway/b", options=("--atomic",))
        self.assertIn("hook declined", refused.stderr)
        self.assertIn("remote: not here", refused.stderr)
        self.assertIn("atomic push failure", refused.stderr)
        self.assertIsNone(self.repository.tip("a"))
        self.assertNotEqual(self.push("main:refs/heads/a", "main:refs/headway/b").returncode, 0)
        self.assertEqual(self.repository.tip("a"), self.commits[2])

    def test_not_atomic(self) -> None:
        self.start(atomic=False)
        refused = self.push("main:refs/heads/a", options=("--atomic",))
        self.assertIn("does not support --atomic", refused.stderr)

    def test_hidden_refs(self) -> None:
        self.start(config={"transfer.hideRefs": "refs/headway"})
        self.repository.update_ref("refs/headway/ledger/x", "main")
        self.assertNotIn("headway", self.git.run("ls-remote", self.host.url()))
        self.assertIn("deny updating a hidden ref", self.push("main:refs/headway/y").stderr)

    def test_deny_non_fast_forwards(self) -> None:
        self.start(deny_non_fast_forwards=True)
        refused = self.push("+main~1:refs/heads/main")
        self.assertIn("non-fast-forward", refused.stderr)

    def test_file_size_limit(self) -> None:
        self.start(backend_file_size_limit=0)
        failed = self.push(f"main:{k_target}")
        self.assertIn("remote rejected", failed.stderr)
        self.assertIsNone(self.repository.tip(k_branch))
        self.host.limit_file_size(None)
        self.assertEqual(self.push(f"main:{k_target}").returncode, 0)
        self.host.limit_file_size(100)
        clone = self.folder / "clone"
        self.git.run("clone", "--quiet", self.host.url(), clone)
        (clone / "large").write_bytes(os.urandom(10000))
        self.git.run("add", "large", cwd=clone)
        self.git.run("commit", "--quiet", "-m", "Large", cwd=clone)
        failed = self.git.attempt("push", "origin", "HEAD:refs/heads/main", cwd=clone)
        self.assertRegex(failed.stderr, "File too large")
        self.assertEqual(self.repository.tip(), self.commits[2])

    def test_backend_environment(self) -> None:
        self.start(backend_env={"GIT_TRACE": "/dev/null", "GIT_COMMITTER_NAME": "Host Ü $x"})
        hook = self.repository.path / "hooks/pre-receive"
        hook.unlink()
        hook.write_text('#!/bin/sh\necho "seen: $GIT_COMMITTER_NAME" >&2\n')
        hook.chmod(0o755)
        self.assertIn("seen: Host Ü $x", self.push(f"main:{k_target}").stderr)


class Protected(HostTest):
    """Each refusal of forges.md that comes through the hook."""

    def refused(self, *refspecs: str, user: str = k_bot) -> str:
        done = self.push(*refspecs, user=user)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("(pre-receive hook declined)", done.stderr)
        match = re.search(r"^remote: GitLab: (.*?) *$", done.stderr, re.MULTILINE)
        assert match, done.stderr
        return match[1]

    def prepare(self, **rule: Any) -> None:
        self.start(users=k_users)
        self.repository.create_branch(k_branch, "main~1")
        self.repository.protection.protect("_gitlab/agents/*", ["bot"], **rule)

    def test_who_may_push(self) -> None:
        self.prepare()
        eve = f"eve:{k_users['eve']}"
        self.assertEqual(self.refused(f"main:{k_target}", user=eve), Refusal.push)
        self.assertEqual(self.push("main:refs/heads/free", user=eve).returncode, 0)
        self.assertEqual(self.push(f"main:{k_target}", user=k_bot).returncode, 0)
        self.assertEqual(self.repository.tip(k_branch), self.commits[2])

    def test_force(self) -> None:
        self.prepare()
        self.assertEqual(self.refused(f"+main~2:{k_target}"), Refusal.force_push)
        self.repository.protection.clear()
        self.repository.protection.protect(k_branch, ["bot"], force=True)
        self.assertEqual(self.push(f"+main~2:{k_target}", user=k_bot).returncode, 0)

    def test_merge_requests_only(self) -> None:
        self.prepare(merge_request_only=True)
        self.assertEqual(self.refused(f"main:{k_target}"), Refusal.merge)

    def test_creation(self) -> None:
        self.prepare()
        for creation, text in (
            (Creation.refused, Refusal.create),
            (Creation.existing_basis, Refusal.create_basis),
            (Creation.web_only, Refusal.create_web),
        ):
            self.repository.protection.protect(f"{creation.value}/*", ["bot"], creation=creation)
            self.assertEqual(self.refused(f"main:refs/heads/{creation.value}/new"), text)
        created = self.push("main:refs/heads/_gitlab/agents/new", user=k_bot)
        self.assertEqual(created.returncode, 0)

    def test_deletion(self) -> None:
        self.prepare()
        self.assertIn("only delete protected branches using", self.refused(f":{k_target}"))

    def test_other_refs(self) -> None:
        self.prepare()
        self.repository.protection.only_branches_and_tags()
        self.assertEqual(self.refused("main:refs/headway/ledger/x"), Refusal.namespace)
        self.assertEqual(self.push("main:refs/tags/v1", user=k_bot).returncode, 0)

    def test_authors(self) -> None:
        self.prepare()
        self.repository.protection.require_author_email(r"@corp\.example$")
        self.assertEqual(self.push(f"main:{k_target}", user=k_bot).returncode, 0)
        clone = self.folder / "clone"
        self.git.run("clone", "--quiet", self.host.url(credentials=k_bot), clone)
        self.git.run("commit", "--quiet", "--allow-empty", "-m", "More", cwd=clone)
        refused = self.git.attempt("push", "origin", "HEAD:refs/heads/x", cwd=clone)
        self.assertIn("Commit author's email 'ada@example.com' does not follow the pattern",
                      refused.stderr)  # fmt: skip

    def test_any_text(self) -> None:
        self.prepare()
        for text in (Refusal.archived, Refusal.read_only, Refusal.timeout):
            self.host.refuse_with(text)
            self.assertEqual(self.refused("main:refs/heads/x"), text)
        self.host.refuse_with("GH006: Protected branch update failed", k_target, prefix="")
        self.assertIn("remote: GH006", self.push(f"main:{k_target}", user=k_bot).stderr)
        self.assertEqual(self.push("main:refs/heads/x", user=k_bot).returncode, 0)

    def test_push_options(self) -> None:
        self.prepare()
        self.push("main:refs/heads/a", user=k_bot, options=("-o", "ci.skip", "-o", 'x="a b$c"'))
        self.push("main:refs/heads/b", user=k_bot)
        received = self.repository.protection.received_push_options()
        self.assertEqual(received, [["ci.skip", 'x="a b$c"'], []])

    def test_a_lost_race(self) -> None:
        self.prepare()
        winner = self.repository.commit("Winner", branch="other", parents=[self.commits[1]])
        self.repository.protection.race((k_target, winner), (k_target, k_null_id))
        lost = self.push(f"main:{k_target}", user=k_bot)
        self.assertRegex(lost.stderr, f"cannot lock ref .* is at {winner} but expected")
        self.assertEqual(self.repository.tip(k_branch), winner)
        self.push(f"+main:{k_target}", user=k_bot)
        self.assertIsNone(self.repository.tip(k_branch))

    def test_paused_pushes(self) -> None:
        self.prepare()
        with ThreadPoolExecutor(1) as pool, self.repository.protection.pause_pushes() as pause:
            push = pool.submit(self.push, f"main:{k_target}", user=k_bot)
            pause.await_push()
            self.assertEqual(self.repository.tip(k_branch), self.commits[1])
            self.assertFalse(push.done())
            pause.release()
            self.assertEqual(push.result().returncode, 0)
        self.assertEqual(self.repository.tip(k_branch), self.commits[2])
        self.assertEqual(self.push("main:refs/heads/x", user=k_bot).returncode, 0)


class Repositories(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.repository = Repository(self.folder / "app.git")

    def test_ids_are_stable(self) -> None:
        first = self.repository.commit()
        self.assertEqual(first, "9318c89e3af8ae7ec5363b025de951c5935cbe05")
        with self.assertRaises(GitError):
            self.repository.rev_parse("nothing")
        again = Repository(self.folder / "again.git")
        for repository in (self.repository, again):
            while repository.count("--all") < 3:
                repository.commit()
            repository.commit("Side", {"side/file": "1\n"}, branch="side", parents=[first])
            repository.merge("side")
            repository.tag("v1", message="One")
        self.assertEqual(self.repository.refs(), again.refs())

    def test_history(self) -> None:
        repository = self.repository
        a, b, c = repository.commits(3)
        side = repository.commit("Side", {"side": "1"}, branch="side", parents=[a])
        merged = repository.merge("side", "Join")
        log = repository.log("main")
        self.assertEqual(log[0].parents, [c, side])
        self.assertEqual([entry.time % 60 for entry in log], [0] * 5)
        self.assertEqual(repository.run("ls-tree", "--name-only", merged), "app.txt\nside")
        repository.commit(files={}, delete=["app.txt"])
        self.assertEqual(repository.run("ls-tree", "--name-only", "main"), "side")
        self.assertEqual(repository.run("show", f"{b}:app.txt"), "2")
        self.assertTrue(repository.is_ancestor(a, merged))
        self.assertFalse(repository.is_ancestor(merged, a))
        root = repository.commit("Root", branch="main", parents=[])
        self.assertEqual((repository.tip(), repository.count("main")), (root, 1))
        repository.fsck()

    def test_refs(self) -> None:
        a, b = self.repository.commits(2)
        self.repository.update_ref("refs/x/y", a, k_null_id)
        with self.assertRaises(GitError):
            self.repository.update_ref("refs/x/y", b, b)
        self.assertEqual(self.repository.ref("HEAD"), b)
        self.repository.run("pack-refs", "--all")
        self.assertEqual(self.repository.ref("refs/x/y"), a)
        self.assertIsNone(self.repository.ref("refs/x"))
        self.repository.delete_ref("refs/x/y")
        self.assertIsNone(self.repository.ref("refs/x/y"))

    def test_long_history(self) -> None:
        first = self.repository.commit()
        tip = self.repository.grow(1500, files=100, directories=7, commit_graph=True)
        self.assertEqual(self.repository.count("main"), 1501)
        self.assertTrue(self.repository.is_ancestor(first, tip))
        files = self.repository.run("ls-tree", "-r", "--name-only", "main").splitlines()
        self.assertEqual(len(files), 101)
        self.assertTrue((self.repository.path / "objects/info/commit-graph").exists())

    def test_ledger(self) -> None:
        self.assertEqual(self.repository.ledger("production"), [])
        parent: list[str] = []
        for event in ("promoted", "verified"):
            message = f"Event {event}\n\nHeadway-Event: {event}\nHeadway-Environment: production\n"
            entry = self.repository.run("commit-tree", k_empty_tree, *parent, "-m", message)
            parent = ["-p", entry]
        self.repository.run("hash-object", "-t", "tree", "-w", "--stdin")
        self.repository.update_ref("refs/headway/ledger/production", entry)
        events = self.repository.ledger("production")
        self.assertEqual([e.trailers["Headway-Event"] for e in events], ["verified", "promoted"])
        self.assertEqual(events[0].subject, "Event verified")
        self.assertEqual(events[0].tree, k_empty_tree)
        self.assertEqual(events[0].parents, [events[1].id])
        self.repository.fsck()

    def test_fsck_finds_damage(self) -> None:
        commit = self.repository.commit()
        (self.repository.path / "objects" / commit[:2] / commit[2:]).unlink()
        with self.assertRaises(GitError):
            self.repository.fsck()


def get(url: str) -> tuple[int, str]:
    """Status and body of a GET, whatever the status."""
    try:
        with urlopen(url, timeout=20) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


if __name__ == "__main__":
    unittest.main()
