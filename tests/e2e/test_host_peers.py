"""The app, the agent, the inbox, the saboteur, the relays and the runner."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.client import BadStatusLine, HTTPException, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from host import inbox as slack_inbox
from host import leaks, relay, slack
from host.app import Agent, App
from host.git_host import Certificate, GitHost
from host.headway import Headway, assert_no_secret, k_instrumentation, normalise
from host.http_server import End, Reply, closed, connection_reset, hanging
from host.inbox import Inbox
from host.loopback import ClosedPort
from host.relay import ByteRelay, Cut, Relay, framed
from host.repo import Git, Repository
from host.saboteur import (
    AwaitClientEnd,
    Close,
    Hang,
    ReadRequest,
    Received,
    Reset,
    Saboteur,
    Send,
    SendEndlessly,
    Step,
    advertised,
    response,
)
from host.tls import CertificateAuthority
from host.waiting import await_condition

k_python_path = {"PYTHONPATH": str(Path(__file__).parents[1])}


def get(url: str) -> bytes:
    with urlopen(url, timeout=20) as answered:
        return bytes(answered.read())


def post(url: str, body: bytes, kind: str = "application/json") -> tuple[int, str]:
    try:
        with urlopen(Request(url, body, {"Content-Type": kind}), timeout=20) as answered:
            return answered.status, answered.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


class Apps(unittest.TestCase):
    def setUp(self) -> None:
        self.app = self.enterContext(App("abc"))

    def test_health(self) -> None:
        self.assertEqual(json.loads(get(self.app.url)), {"status": "ok", "version": "abc"})
        self.app.version = "def"
        self.assertEqual(json.loads(get(self.app.url))["version"], "def")
        self.app.status = 503
        for url, status in ((self.app.url, 503), (f"{self.app.origin}/other", 404)):
            with self.assertRaises(HTTPError) as failed:
                get(url)
            failed.exception.close()
            self.assertEqual(failed.exception.code, status)
        self.assertEqual([r.path for r in self.app.requests], ["/health"] * 3 + ["/other"])
        self.assertEqual(self.app.connections, 4)

    def test_one_connection_carries_many_requests(self) -> None:
        with socket.create_connection(("127.0.0.1", self.app.port)) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
            self.app.await_requests(3)
        self.assertEqual([(r.number, r.connection) for r in self.app.requests],
                         [(1, 1), (2, 1), (3, 1)])  # fmt: skip

    def test_script(self) -> None:
        self.app.script([
            Reply(200, "not JSON"),
            Reply(200, b"x" * 100, cut=40),
            Reply(200, b"x" * 1000, repeat=3000),
            closed(),
            connection_reset(),
            Reply(200, "late", delay=0.02),
        ])  # fmt: skip
        self.assertEqual(get(self.app.url), b"not JSON")
        with self.assertRaises(IncompleteRead) as incomplete:
            get(self.app.url)
        self.assertEqual(len(incomplete.exception.partial), 40)
        self.assertEqual(len(get(self.app.url)), 3_000_000)
        with self.assertRaisesRegex(AssertionError, "3 replies"):
            self.app.raise_failures()
        with self.assertRaises(HTTPException):
            get(self.app.url)
        with self.assertRaises((ConnectionResetError, URLError)):
            get(self.app.url)
        self.assertEqual(get(self.app.url), b"late")
        self.assertIn(b"abc", get(self.app.url))
        self.app.raise_failures()

    def test_behaviour(self) -> None:
        self.app.behave(lambda request: Reply(200, request.path) if request.number == 2 else None)
        self.assertIn(b"abc", get(self.app.url))
        self.assertEqual(get(self.app.url), b"/health")
        self.app.behave(lambda request: Reply(200, str(1 // 0)))
        with self.assertRaises(HTTPError) as failed:
            get(self.app.url)
        failed.exception.close()
        with self.assertRaisesRegex(AssertionError, "ZeroDivisionError"):
            self.app.raise_failures()

    def test_hanging_until_released(self) -> None:
        self.app.script([hanging()])
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(get, self.app.url)
            self.app.await_requests(1)
            self.assertFalse(answered.done())
            self.app.release()
            with self.assertRaises(HTTPException):
                answered.result(20)

    def test_close_ends_what_hangs(self) -> None:
        app = App("abc")
        app.script([Reply(200, "x", end=End.hang)])
        idle = socket.create_connection(("127.0.0.1", app.port))
        with idle, socket.create_connection(("127.0.0.1", app.port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            app.await_requests(1)
            app.close()
            self.assertEqual(idle.recv(1), b"")

    def test_two_addresses_one_port(self) -> None:
        with App("def", address="127.0.0.2", port=self.app.port) as other:
            self.assertIn(b"def", get(other.url))
            self.assertIn(b"abc", get(self.app.url))

    def test_tls(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            authority = CertificateAuthority(Path(folder))
            with App("abc", identity=authority.issue("app")) as app:
                silent = socket.create_connection(("127.0.0.1", app.port))
                with silent, self.assertRaisesRegex(URLError, "self-signed|unable to get"):
                    get(app.url)
                context = ssl.create_default_context(cafile=authority.certificate)
                with urlopen(app.url, context=context, timeout=20) as answered:
                    self.assertIn(b"abc", answered.read())
                self.assertIn("unknown ca", " ".join(app.handshake_errors).lower())

    def test_closed_port(self) -> None:
        with ClosedPort() as port, self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port.port))

    def test_agent(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            repository = Repository(Path(folder, "app.git"))
            first = repository.commit()
            ready: list[str] = []
            deployable = ready.__contains__
            with App() as app, Agent(app, repository, "main", condition=deployable) as agent:
                with self.assertRaises(HTTPError) as failed:
                    get(app.url)
                failed.exception.close()
                self.assertEqual(failed.exception.code, 503)
                ready.append(first)
                app.await_version(first)
                second = repository.commit()
                ready.append(second)
                agent.await_deployed(second)
            self.assertEqual(agent.deployed, [first, second])

    def test_standalone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            repository = Repository(Path(folder, "app.git"))
            commit = repository.commit()
            port = Path(folder, "port")
            with subprocess.Popen(
                [sys.executable, "-m", "host.app", "--repository", repository.path,
                 "--branch", "main", "--port-file", port],
                env=os.environ | k_python_path,
            ) as process:  # fmt: skip
                await_condition(port.exists, "the app's port file")
                url = f"http://127.0.0.1:{port.read_text().strip()}/health"

                def deployed() -> bool:
                    try:
                        return commit.encode() in get(url)
                    except HTTPError as error:
                        error.close()
                        return False

                await_condition(deployed, "the deployment")
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(20), 0)


class Inboxes(unittest.TestCase):
    message = {
        "text": "Deployed",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "production"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "<http://x/1|one> &amp; two"}},
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "by *ada*"}]},
            {"type": "actions", "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "Job"}, "url": "http://x"}
            ]},
        ],
    }  # fmt: skip

    def test_accepts_and_stores(self) -> None:
        with Inbox() as inbox:
            sent = post(inbox.url, json.dumps(self.message).encode())
            self.assertEqual(sent, (200, "ok"))
            (message,) = inbox.await_messages(1)
            self.assertEqual(message.payload, self.message)
            self.assertEqual(message.headers["content-type"], "application/json")
            inbox.assert_valid()
            self.assertEqual(
                message.text(),
                "production\n══════════\none (http://x/1) & two\n" + "─" * 40
                + "\nby *ada*\n[ Job ] http://x\n",
            )  # fmt: skip

    def test_refuses_as_slack_does(self) -> None:
        unknown = {"text": "x", "blocks": [{"type": "heading"}]}
        with Inbox() as inbox:
            for body, answer in (
                (b"{", (400, "invalid_payload")),
                (b"{}", (400, "no_text")),
                (json.dumps(unknown).encode(), (400, "invalid_blocks")),
            ):
                self.assertEqual(post(inbox.url, body), answer)
            self.assertEqual(post(inbox.url[:-1], b'{"text":"x"}'), (404, "no_service"))
            self.assertEqual(inbox.messages, [])
            with self.assertRaisesRegex(AssertionError, "unknown block type 'heading'"):
                inbox.assert_valid()

    def test_other_answers(self) -> None:
        with Inbox() as inbox:
            replies = [slack_inbox.invalid_blocks(), slack_inbox.no_service(),
                       slack_inbox.channel_archived(), slack_inbox.rate_limited(3),
                       slack_inbox.server_error()]  # fmt: skip
            inbox.script(replies)
            for status in (400, 404, 410, 429, 500):
                self.assertEqual(post(inbox.url, b'{"text":"x"}')[0], status)
            self.assertEqual(inbox.messages, [])
            self.assertEqual(post(inbox.url, b'{"text":"x"}', "text/plain"), (200, "ok"))
            with self.assertRaisesRegex(AssertionError, "Content-Type is 'text/plain'"):
                inbox.assert_valid()

    def test_limits(self) -> None:
        def section(**content: Any) -> dict[str, Any]:
            return {"type": "section", **content}

        def text(length: int, kind: str = "mrkdwn") -> dict[str, Any]:
            return {"type": kind, "text": "x" * length}

        def button(length: int) -> dict[str, Any]:
            link = "https://x/" + "y" * (length - 10)
            return {"type": "button", "text": text(5, "plain_text"), "url": link}

        cases: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = [
            ([{"type": "header", "text": text(150, "plain_text")}],
             [{"type": "header", "text": text(151, "plain_text")}]),
            ([section(text=text(3000))], [section(text=text(3001))]),
            ([section(fields=[text(1)] * 10)], [section(fields=[text(1)] * 11)]),
            ([{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
            ([{"type": "actions", "elements": [button(3000)]}],
             [{"type": "actions", "elements": [button(3001)]}]),
            ([section(text=text(1))], [section(text=text(0))]),
            ([section(text=text(1))], [section()]),
            ([{"type": "header", "text": text(1, "plain_text")}],
             [{"type": "header", "text": text(1)}]),
        ]  # fmt: skip
        for allowed, refused in cases:
            self.assertEqual(slack.violations({"text": "x", "blocks": allowed}), [])
            self.assertEqual(len(slack.violations({"text": "x", "blocks": refused})), 1, refused)

    def test_standalone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            address, messages = Path(folder, "url"), Path(folder, "messages")
            command = [sys.executable, "-m", "host.inbox"]
            with subprocess.Popen(
                [*command, "--url-file", address, "--messages", messages],
                env=os.environ | k_python_path,
            ) as process:
                await_condition(address.exists, "the inbox's address")
                post(address.read_text().strip(), json.dumps(self.message).encode())
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(20), 0)
            self.assertEqual(json.loads(messages.read_text()), self.message)
            shown = subprocess.run([*command, "--show", messages], env=os.environ | k_python_path,
                                   capture_output=True, text=True, check=True).stdout  # fmt: skip
            self.assertIn("one (http://x/1) & two", shown)


class Saboteurs(unittest.TestCase):
    def serve(self, *scripts: list[Step]) -> Saboteur:
        return self.enterContext(Saboteur(scripts))

    def git(self, saboteur: Saboteur) -> str:
        with tempfile.TemporaryDirectory() as folder:
            done = Git(Path(folder)).attempt("ls-remote", saboteur.url())
            self.assertNotEqual(done.returncode, 0)
            return done.stderr

    def test_truncated_pkt_line(self) -> None:
        saboteur = self.serve([ReadRequest(), Send(advertised()[:-120], piece=1), Close()])
        self.assertIn("unable to access", self.git(saboteur))
        whole = response(b"001e# service=git-upl", "application/x-git-upload-pack-advertisement")
        self.assertIn("hung up unexpectedly", self.git(self.serve([ReadRequest(), Send(whole)])))
        (received,) = saboteur.await_requests(1)
        self.assertEqual(received.head.query, {"service": ["git-upload-pack"]})

    def test_stops_in_the_middle(self) -> None:
        answer = advertised()
        ends: list[Step] = [Close(), Reset()]
        for last in ends:
            saboteur = self.serve([ReadRequest(), Send(answer[:-30], piece=10), last])
            self.assertRegex(self.git(saboteur), "transfer closed|reset by peer|unable to access")
            saboteur.await_finished(1)

    def test_requests_on_one_connection(self) -> None:
        def answer(received: Received) -> list[Step]:
            if received.head.method == "GET":
                return [Send(advertised())]
            return [Send(response(b"zzzz", "application/x-git-upload-pack-result"))]

        saboteur = self.enterContext(Saboteur(per_request=answer))
        self.assertIn("bad line length character: zzzz", self.git(saboteur))
        get_, post_ = saboteur.await_requests(2)
        self.assertIn(b"command=ls-refs", post_.body)
        self.assertEqual(saboteur.connections, 1)

    def test_no_answer_and_reset(self) -> None:
        saboteur = self.serve([ReadRequest(), Close()], [ReadRequest(), Reset()])
        with self.assertRaises(BadStatusLine):
            get(saboteur.url())
        with self.assertRaises((ConnectionResetError, URLError)):
            get(saboteur.url())

    def test_endless_header(self) -> None:
        saboteur = self.serve([Send(b"HTTP/1.1 200 OK\r\n"), SendEndlessly(b"X: y\r\n" * 1000)])
        with self.assertRaises(HTTPException):
            get(saboteur.url())
        saboteur.await_finished(1)

    def test_hangs_until_released(self) -> None:
        saboteur = self.serve([ReadRequest(), Hang(), Send(response(b"at last")), AwaitClientEnd()])
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(get, saboteur.url())
            saboteur.await_requests(1)
            self.assertFalse(answered.done())
            saboteur.release()
            self.assertEqual(answered.result(20), b"at last")

    def test_close_ends_a_script_that_waits(self) -> None:
        saboteur = self.serve([Hang()])
        with socket.create_connection(("127.0.0.1", saboteur.port)) as connection:
            connection.sendall(b"x")
            await_condition(lambda: saboteur.connections == 1, "the connection")
            saboteur.close()
        saboteur.await_finished(1)


class Relays(unittest.TestCase):
    def setUp(self) -> None:
        self.host = self.enterContext(GitHost())
        self.repository = self.host.create_repository()
        self.commits = self.repository.commits(2)
        self.relay = self.enterContext(Relay(self.host))
        self.git = Git(Path(self.enterContext(tempfile.TemporaryDirectory())))

    def push(self, ref: str = "refs/heads/x") -> subprocess.CompletedProcess[str]:
        return self.git.attempt("push", self.relay.url(), f"main:{ref}", cwd=self.repository.path)

    def test_passes_everything(self) -> None:
        self.assertEqual(self.push().returncode, 0)
        self.git.run("ls-remote", self.relay.url())
        logged = self.host.requests()
        self.assertEqual([(e.head.method, e.head.target) for e in self.relay.exchanges],
                         [(r.method, r.uri) for r in logged])  # fmt: skip
        self.assertEqual([len(e.answer) for e in self.relay.exchanges],
                         [r.bytes_sent for r in logged])  # fmt: skip
        self.assertEqual([e.connection for e in self.relay.exchanges], [1, 1, 2, 2])

    def test_large_chunked_request(self) -> None:
        self.repository.commit(files={"large": os.urandom(1_200_000)})
        self.repository.clone(Path(self.git.environment["HOME"], "clone"))
        clone = Path(self.git.environment["HOME"], "clone")
        self.repository.create_branch("main", self.commits[1])
        pushed = self.git.attempt("push", self.relay.url(), "HEAD:refs/heads/y", cwd=clone)
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        self.git.run("clone", "--quiet", "-b", "y", self.relay.url(), clone.parent / "again")

    def test_request_held_and_released(self) -> None:
        hold = self.relay.hold_request(2)
        with ThreadPoolExecutor(1) as pool:
            push = pool.submit(self.push)
            self.relay.await_request(2)
            hold.await_arrival()
            self.assertEqual(len(self.host.requests()), 1)
            self.assertIsNone(self.repository.tip("x"))
            self.relay.release()
            self.assertEqual(push.result(20).returncode, 0)
        self.assertEqual(self.repository.tip("x"), self.commits[1])

    def test_request_held_and_dropped(self) -> None:
        hold = self.relay.hold_request(relay.push)
        with ThreadPoolExecutor(1) as pool:
            push = pool.submit(self.push)
            hold.await_arrival()
            hold.drop()
            # libcurl sends again what got no answer on a connection that had been used before.
            self.assertEqual(push.result(20).returncode, 0)
        self.assertEqual([e.connection for e in self.relay.exchanges], [1, 1, 2])
        self.assertEqual(len(self.host.requests()), 2)

    def test_answer_held(self) -> None:
        hold = self.relay.hold_answer(relay.push)
        with ThreadPoolExecutor(1) as pool:
            push = pool.submit(self.push)
            hold.await_arrival()
            self.assertEqual(self.repository.tip("x"), self.commits[1])
            self.assertFalse(push.done())
            hold.release()
            self.assertEqual(push.result(20).returncode, 0)

    def test_answer_held_in_its_middle(self) -> None:
        hold = self.relay.hold_answer(1, after=20)
        with socket.create_connection(("127.0.0.1", self.relay.port)) as client:
            path = f"/{self.repository.name}.git/info/refs?service=git-upload-pack"
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            hold.await_arrival()
            hold.break_off(7)
            received = b"".join(iter(lambda: client.recv(1000), b""))
        self.relay.await_idle()
        self.assertEqual(received, self.relay.exchanges[0].answer[:27])

    def test_request_broken_off(self) -> None:
        hold = self.relay.hold_request(relay.push, times=None)  # git's libcurl sends it again.
        with ThreadPoolExecutor(1) as pool:
            push = pool.submit(self.push)
            hold.await_arrival()
            hold.break_off(-1)
            self.assertNotEqual(push.result(20).returncode, 0)
        self.relay.await_idle()
        self.host.await_quiet()
        self.assertIsNone(self.repository.tip("x"))

    def test_cuts(self) -> None:
        for cut in Cut:
            self.relay.cut_request(relay.push, 250, cut, times=None)
            self.assertNotEqual(self.push().returncode, 0)
            self.relay.clear()
            self.assertIsNone(self.repository.tip("x"))
        for number, cut in enumerate(Cut):
            self.relay.cut_answer(relay.push, 250, cut)
            self.assertNotEqual(self.push(f"refs/heads/{number}").returncode, 0)
            self.assertEqual(self.repository.tip(str(number)), self.commits[1])
        self.assertEqual(self.push().returncode, 0)

    def test_altered_and_own_answers(self) -> None:
        self.relay.alter_answer(relay.fetch, lambda head, body: framed(head, body[:20]))
        failed = self.git.attempt("ls-remote", self.relay.url())
        self.assertIn("expected flush after ref listing", failed.stderr)
        self.relay.alter_answer(relay.fetch, lambda head, body: framed(head, body, length=9999))
        failed = self.git.attempt("ls-remote", self.relay.url())
        self.assertRegex(failed.stderr, "transfer closed|end of response")
        before = len(self.host.requests())
        self.relay.answer(relay.any_request, response(b"down", status="503 Service Unavailable"))
        self.assertIn("503", self.git.attempt("ls-remote", self.relay.url()).stderr)
        self.assertEqual(len(self.host.requests()), before)
        self.git.run("ls-remote", self.relay.url())

    def test_bytes_through_tls(self) -> None:
        with GitHost(tls=Certificate.valid) as host:
            host.create_repository().commit()
            trust = ("-c", f"http.sslCAInfo={host.ca_file}")
            with ByteRelay(host.port) as whole:
                self.git.run(*trust, "ls-remote", f"https://127.0.0.1:{whole.port}/group/app.git")
                total = whole.carried["client"]
            self.assertGreater(total, 1000)
            for cut in Cut:
                for limit in ({"to_client": total * 2 // 3}, {"to_server": 700}):
                    with ByteRelay(host.port, cut=cut, **limit) as relayed:
                        url = f"https://127.0.0.1:{relayed.port}/group/app.git"
                        done = self.git.attempt(*trust, "ls-remote", url)
                        self.assertNotEqual(done.returncode, 0)
                        self.assertIn(next(iter(limit.values())), relayed.carried.values())


class Runner(unittest.TestCase):
    """A shell stands in for the binary: what matters is how it is run."""

    def setUp(self) -> None:
        self.shell = self.enterContext(Headway("/bin/sh"))

    def test_environment_is_cleared(self) -> None:
        with Headway("/usr/bin/env") as env:
            result = env.run([], env={"CI": "true"})
        names = {line.partition("=")[0] for line in result.stdout.splitlines()}
        self.assertEqual(names - set(k_instrumentation), {"HOME", "PATH", "CI"})
        self.assertEqual(self.shell.run(["-c", "git --version"]).code, 127)

    def test_result(self) -> None:
        result = self.shell.run(["-c", "pwd; read x; echo $x >&2; exit 3"], stdin="input\n")
        self.assertEqual((result.code, result.stderr), (3, "input\n"))
        self.assertEqual(result.stdout, f"{self.shell.work}\n")
        self.assertEqual(self.shell.run(["-c", "echo '[1]'"]).json(), [1])
        self.assertEqual(self.shell.run(["-c", "kill -TERM $$"]).code, -signal.SIGTERM)
        full = self.shell.run(["-c", "echo x"], stdout_file=Path("/dev/full"))
        self.assertIn("I/O error", full.stderr)

    def test_terminal(self) -> None:
        result = self.shell.run(["-c", "[ -t 1 ] && [ -t 2 ] && ! [ -t 0 ] && echo yes"],
                                terminal=True)  # fmt: skip
        self.assertEqual((result.code, result.stdout), (0, "yes\n"))

    def test_background(self) -> None:
        script = "trap 'echo caught >&2; exit 7' INT; echo ready; while :; do :; done"
        with self.shell.start(["-c", script]) as running:
            running.await_output("^ready$")
            self.assertTrue(running.running())
            running.signal(signal.SIGINT)
            result = running.wait()
        self.assertEqual((result.code, result.stderr), (7, "caught\n"))
        with self.shell.start(["-c", "echo done"]) as running:
            with self.assertRaisesRegex(TimeoutError, "never"):
                running.await_output("never")

    def test_timeout_shows_the_output(self) -> None:
        with self.assertRaisesRegex(AssertionError, "so far"):
            self.shell.run(["-c", "echo so far; while :; do :; done"], timeout=0.2)

    def test_normalise(self) -> None:
        text = "http://127.0.0.1:8080/x took 1.25 s (12 ms), port 80801, /tmp/a/b, 3 tests"
        known = {8080: "<port>", "/tmp/a": "<dir>", "/tmp/a/b": "<file>", "tests": r"<\1>"}
        self.assertEqual(
            normalise(text, known),
            r"http://127.0.0.1:<port>/x took <duration> (<duration>), port 80801, <file>, 3 <\1>",
        )

    def test_secrets_are_found_in_every_form(self) -> None:
        secret = "gl+pat/ü\"=0123 'x\\"
        data = secret.encode()
        hidden = [
            secret,
            quote(secret, safe=""),
            re.sub("%..", lambda m: m.group().lower(), quote(secret, safe="")),
            quote(quote(secret, safe=""), safe=""),
            json.dumps({"x": secret}),
            json.dumps(json.dumps(secret)),
            json.dumps(secret, ensure_ascii=False)[::-1],
            data.hex(),
            base64.encodebytes(b"some longer user name:" * 4 + data * 3).decode(),
        ]
        for prefix in (b"", b"u:", b"bot:", b"user:"):
            for whole in (prefix + data, prefix + data + b" and more"):
                hidden.append(base64.b64encode(whole).decode())
                hidden.append(base64.urlsafe_b64encode(whole).decode())
        for text in hidden:
            with self.assertRaises(AssertionError, msg=text) as found:
                assert_no_secret(f"before {text} after", ["other-secret", secret])
            self.assertIn("secret 2", str(found.exception))
        assert_no_secret("nothing of gl+pat/ü to see", [secret])
        with self.assertRaises(ValueError):
            leaks.forms("short")


if __name__ == "__main__":
    unittest.main()
