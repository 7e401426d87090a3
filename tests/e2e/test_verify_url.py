"""`headway verify --url`: with no file, no git and no token; what is asked, when, and what it
comes to."""

from __future__ import annotations

import socket
import time
import unittest
from collections.abc import Callable
from email.utils import formatdate
from signal import SIGINT, SIGTERM

from e2e.verify_support import UrlTest, VerifyStageTest, verdict_of
from host.app import App
from host.headway import Result, normalise
from host.http_server import HttpServer, Reply, Request, hanging
from host.http_wire import Reader, read_answer, read_request
from host.loopback import ClosedPort, Server
from host.usage import measure


class Several(UrlTest):
    def apps(self, count: int) -> list[App]:
        return [self.enterContext(App("1.0")) for _ in range(count)]

    def outcomes(self, result: Result) -> list[str]:
        entries = result.json()["environments"]
        return [entry["verify"]["outcome"] for entry in entries]

    def test_each_has_its_verdict(self) -> None:
        old, new, broken = self.apps(3)
        old.version, broken.status = "0.9", 500
        closed = self.enterContext(ClosedPort())
        urls = [old.url, new.url, broken.url, f"http://127.0.0.1:{closed.port}/health"]
        found = self.verify_once(urls[0], *[w for url in urls[1:] for w in ("--url", url)],
                                 "--expect", "/version=1.0")  # fmt: skip
        self.assertEqual(self.outcomes(found.result),
                         ["still-old", "converged", "unhealthy", "unreachable"])  # fmt: skip
        self.assertEqual([entry["environment"] for entry in found.result.json()["environments"]],
                         urls)  # fmt: skip
        # Each failure has its error in the text, and the worst decides how it ends.
        self.assertEqual(found.result.stderr.count("headway: error: "), 3)
        self.assertEqual(found.result.code, 4)

    def test_the_worst_decides(self) -> None:
        closed = self.enterContext(ClosedPort())
        unreachable = f"http://127.0.0.1:{closed.port}/health"
        old, new, broken = self.apps(3)
        old.version, broken.status = "0.9", 500
        for urls, code in (
            ([new.url, new.url], 0), ([new.url, old.url], 6), ([old.url, unreachable], 8),
            ([unreachable, old.url, new.url], 8), ([unreachable, broken.url], 4),
            ([broken.url, old.url], 4),
        ):  # fmt: skip
            with self.subTest(urls):
                found = self.verify_once(
                    urls[0], *[w for url in urls[1:] for w in ("--url", url)],
                    "--expect", "/version=1.0",
                )  # fmt: skip
                self.assertEqual(found.result.code, code, found)

    def test_the_text(self) -> None:
        first, second = self.apps(2)
        result = self.headway.run(["verify", "--url", first.url, "--url", second.url,
                                   "--interval", "10ms", "--expect", "/version=1.0"])  # fmt: skip
        self.assertEqual(result.code, 0, result)
        self.assertEqual(
            [normalise(line, {}) for line in result.stdout.splitlines()],
            [f"{app.url}: healthy 3 times in a row (<duration>)" for app in (first, second)],
        )
        # In the order of the answers, which is left open.
        self.assertEqual(
            sorted(result.stderr.splitlines()),
            sorted(f"headway: {app.url}: health: healthy: 200, /version is 1.0"
                   for app in (first, second)),
        )  # fmt: skip

    def test_by_a_variable(self) -> None:
        (app,) = self.apps(1)
        result = self.headway.run(["verify", "--consecutive", "1"], env={"HEADWAY_URL": app.url})
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(app.requests), 1)

    def test_one_that_converges_late_is_waited_for(self) -> None:
        first, second = self.apps(2)
        second.version = "0.9"
        first.behave(lambda r: setattr(second, "version", "1.0"))
        found = self.verify(first.url, "--url", second.url, "--expect", "/version=1.0",
                            consecutive=3)  # fmt: skip
        self.assertEqual(self.outcomes(found.result), ["converged", "converged"])
        # One that has converged is left alone.
        self.assertEqual(len(first.requests), 3)

    def test_they_do_not_wait_for_each_other(self) -> None:
        # The first answers nothing before the second has been asked, and the other way round.
        first, second = self.apps(2)

        def after(other: HttpServer) -> Callable[[Request], None]:
            return lambda _: other.await_requests(1) and None

        first.behave(after(second))
        second.behave(after(first))
        found = self.verify_once(first.url, "--url", second.url)
        self.assertEqual(found.result.code, 0, found)

    def test_twice_the_same(self) -> None:
        (app,) = self.apps(1)
        found = self.verify_once(app.url, "--url", app.url)
        self.assertEqual(self.outcomes(found.result), ["converged", "converged"])
        self.assertEqual(len(app.requests), 2)


class WithoutAnything(UrlTest):
    def test_no_file_is_looked_at(self) -> None:
        app = self.enterContext(App("1.0"))
        (self.headway.work / ".headway.yml").write_text("this: is no configuration: at all\n")
        self.assert_verdict(self.verify_once(app.url), "converged")

    def test_an_environment_has_one_url(self) -> None:
        app = self.enterContext(App("1.0"))
        result = self.headway.run(["verify", "staging", "--url", app.url, "--url", app.url])
        self.assertEqual(result.code, 2, result)
        self.assertIn("headway: error: several URLs are given for an environment\n", result.stderr)
        self.assertEqual(app.connections, 0)

    def test_no_url(self) -> None:
        for url in ("ftp://127.0.0.1/", "127.0.0.1:80/health", "", "http://", "http://a b/"):
            with self.subTest(url):
                result = self.headway.run(["verify", "--url", url])
                self.assertEqual((result.code, result.stdout), (2, ""), result)

    def test_a_password_in_the_url(self) -> None:
        app = self.enterContext(App("1.0"))
        url = app.url.replace("://", "://user:sesame0123@")
        result = self.headway.run(["verify", "--url", url])
        self.assertEqual(result.code, 2, result)
        self.assertNotIn("sesame0123", result.stdout + result.stderr)
        self.assertEqual(app.connections, 0)

    def ipv6(self) -> App:
        """An App on ::1, or the test is skipped."""
        try:
            return self.enterContext(App("1.0", address="::1"))
        except OSError as error:
            raise unittest.SkipTest(f"no IPv6 on loopback: {error}") from error

    def test_an_ipv6_address(self) -> None:
        app = self.ipv6()
        found = self.verify_once(app.url, "--expect", "/version=1.0")
        self.assert_verdict(found, "converged")
        self.assertEqual(list(found.outcomes), ["::1"])

    def test_ipv4_and_ipv6_of_one_name(self) -> None:
        port = self.ipv6().port
        old = self.enterContext(App("0.9", port=port))
        arguments = (f"http://app.test:{port}/health", "--resolve", "127.0.0.1",
                     "--resolve", "::1", "--expect", "/version=1.0")  # fmt: skip
        found = self.verify_once(*arguments)
        self.assert_verdict(found, "mixed", "(127.0.0.1): 200, but /version is 0.9, not 1.0")
        old.version = "1.0"
        found = self.verify_once(*arguments)
        self.assert_verdict(found, "converged", "at each of 2 addresses")
        self.assertEqual(found.outcomes, {"127.0.0.1": "converged", "::1": "converged"})

    def test_a_name_that_nobody_knows(self) -> None:
        found = self.verify("http://nobody.invalid/health", deadline="1s")
        self.assert_verdict(found, "unreachable", "cannot reach nobody.invalid")
        self.assertEqual([origin["address"] for origin in found.origins], [""])


class _Proxy(Server):
    """A forward proxy that knows where every name is: at one port of loopback."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._target = port
        self.targets: list[str] = []
        self.begin()

    def serve(self, connection: socket.socket, number: int) -> None:
        reader = Reader(connection)
        while (read := read_request(reader, connection)) is not None:
            raw, body, head = read
            with self.lock:
                self.targets.append(head.target)
            path = "/" + head.target.split("/", 3)[3]
            with self.outgoing(self._target) as upstream:
                upstream.sendall(raw.replace(head.target.encode(), path.encode(), 1) + body)
                answer, content, _ = read_answer(Reader(upstream), head.method)
                connection.sendall(answer + content)


class Proxied(UrlTest):
    def setUp(self) -> None:
        super().setUp()
        self.app = self.enterContext(App("1.0"))
        self.proxy = self.enterContext(_Proxy(self.app.port))
        self.env = {"http_proxy": self.proxy.origin}

    def test_a_proxy_is_one_address(self) -> None:
        # Its name is known to the proxy alone.
        found = self.verify("http://app.internal.test/health", "--expect", "/version=1.0",
                            consecutive=2, env=self.env)  # fmt: skip
        self.assert_verdict(found, "converged", "healthy 2 times in a row")
        self.assertEqual(list(found.outcomes), ["proxy"])
        self.assertEqual(self.proxy.targets, ["http://app.internal.test/health"] * 2)

    def test_around_it(self) -> None:
        env = self.env | {"NO_PROXY": "127.0.0.1"}
        found = self.verify_once(self.app.url, env=env)
        self.assertEqual(list(found.outcomes), ["127.0.0.1"])
        self.assertEqual(self.proxy.connections, 0)

    def test_a_proxy_that_is_not_there(self) -> None:
        closed = self.enterContext(ClosedPort())
        found = self.verify_once("http://app.internal.test/health",
                                 env={"http_proxy": f"http://127.0.0.1:{closed.port}"})  # fmt: skip
        self.assert_verdict(found, "unreachable", "through the proxy")


class Time(UrlTest):
    def setUp(self) -> None:
        super().setUp()
        self.app = self.enterContext(App("1.0"))

    def gaps(self) -> list[float]:
        times = [request.time for request in self.app.requests]
        return [later - earlier for earlier, later in zip(times, times[1:])]

    def test_rounds_come_at_most_a_quarter_early(self) -> None:
        found = self.verify(self.app.url, interval="100ms", consecutive=12)
        self.assert_verdict(found, "converged")
        gaps = self.gaps()
        # A start may be late on a busy machine, and the next one then seems early by as much.
        self.assertGreater(sorted(gaps)[len(gaps) // 2], 0.070, gaps)
        self.assertGreater(sum(gaps), 11 * 0.073)
        self.assertGreater(max(gaps) - min(gaps), 0.001, "there is no jitter")

    def test_many_jobs_do_not_ask_in_step(self) -> None:
        # Two that begin at the same moment are apart after some rounds.
        other = self.enterContext(App("1.0"))
        self.verify(self.app.url, "--url", other.url, interval="100ms", consecutive=12)
        distances = [abs(a.time - b.time)
                     for a, b in zip(self.app.requests, other.requests, strict=True)]  # fmt: skip
        self.assertGreater(max(distances), 0.005, distances)

    def test_a_slow_answer_does_not_add_to_the_interval(self) -> None:
        self.app.behave(lambda _: Reply(200, "{}", delay=0.2))
        found = self.verify(self.app.url, interval="250ms", consecutive=4)
        self.assert_verdict(found, "converged")
        # Three intervals from start to start, and the last answer; not four answers on top.
        self.assertLess(found.verify["seconds"], 3 * 0.25 + 0.2 + 0.5)

    def test_retry_after_is_respected(self) -> None:
        self.app.script([Reply(503, "starting", {"Retry-After": "1"})])
        found = self.verify(self.app.url, interval="10ms")
        self.assert_verdict(found, "converged")
        (gap,) = self.gaps()
        self.assertGreaterEqual(gap, 0.98)
        self.assertIn("and it asks to come back in 1 s", found.result.stderr)

    def test_retry_after_a_date(self) -> None:
        # It counts whole seconds, so two of them are one at least.
        later = formatdate(time.time() + 2, usegmt=True)
        self.app.script([Reply(503, "starting", {"Retry-After": later})])
        self.assert_verdict(self.verify(self.app.url, interval="10ms"), "converged")
        (gap,) = self.gaps()
        self.assertGreaterEqual(gap, 0.9)

    def test_retry_after_beyond_the_deadline(self) -> None:
        self.app.behave(lambda _: Reply(503, "down", {"Retry-After": "3600"}))
        found = self.verify(self.app.url, deadline="30s")
        self.assert_verdict(found, "unhealthy", "status 503, not 200, and it asks to come back in")
        self.assertEqual(len(self.app.requests), 1)
        # There is nothing to wait for.
        self.assertLess(found.verify["seconds"], 10)

    def test_retry_after_of_a_healthy_answer_means_nothing(self) -> None:
        self.app.behave(lambda _: Reply(200, "{}", {"Retry-After": "3600"}))
        self.assert_verdict(self.verify(self.app.url, consecutive=3), "converged")

    def test_retry_after_that_is_nonsense(self) -> None:
        for value in ("soon", "-5", "99999999999999999999", "", "1e3"):
            with self.subTest(value):
                self.app.script([Reply(503, "down", {"Retry-After": value})])
                found = self.verify(self.app.url, deadline="1s")
                self.assertIn(found.outcome, ("converged", "unhealthy"), found)

    def test_the_deadline_is_kept(self) -> None:
        self.app.status = 500
        found = self.verify(self.app.url, deadline="300ms")
        self.assert_verdict(found, "unhealthy", "status 500, not 200")
        self.assertGreaterEqual(found.verify["seconds"], 0.25)
        self.assertLess(found.verify["seconds"], 5)
        # The last one may be cut before the app has read it.
        self.assertIn(found.verify["requests"] - len(self.app.requests), (0, 1))

    def test_a_request_under_way_is_cut(self) -> None:
        self.app.behave(lambda _: hanging())
        found = self.verify(self.app.url, deadline="300ms")
        self.assert_verdict(found, "unreachable", "it did not answer within 0.")
        self.assertLess(found.verify["seconds"], 5)

    def test_what_was_known_counts_more_than_what_was_cut(self) -> None:
        self.app.version = "0.9"
        self.app.script([self.app.health(), self.app.health(), hanging()])
        found = self.verify(self.app.url, "--expect", "/version=1.0", deadline="500ms")
        self.assert_verdict(found, "still-old", "/version is 0.9, not 1.0")

    def test_too_late_for_the_streak(self) -> None:
        self.app.behave(lambda _: Reply(200, "{}", delay=0.2))
        found = self.verify(self.app.url, interval="100ms", deadline="1500ms", consecutive=15)
        self.assert_verdict(found, "unhealthy")
        said = r"healthy only \d of 15 times in a row when the deadline came"
        self.assertRegex(found.words, said)

    def test_what_can_never_succeed_is_refused(self) -> None:
        words = self.arguments(self.app.url, interval="100ms", deadline="1s", consecutive=100)
        result = self.headway.run(words)
        self.assertEqual(result.code, 2, result)
        self.assertIn("headway: error: --deadline: the verification can never succeed\n"
                      "  because: 100 answers in a row, one every 100ms, take 9s900ms, "
                      "and the deadline is 1s\n", result.stderr)  # fmt: skip
        self.assertEqual(self.app.connections, 0)

    def test_one_round_is_always_made(self) -> None:
        self.assert_verdict(self.verify(self.app.url, deadline="1s", interval="1h"), "converged")

    def test_it_takes_no_processor_time_to_wait(self) -> None:
        self.app.status = 500
        words = self.arguments(self.app.url, deadline="1s", interval="250ms")
        measured = measure(self.headway, words)
        self.assertEqual(measured.result.code, 4, measured.result)
        self.assertLess(measured.processor, 0.5)


class Interrupted(VerifyStageTest, UrlTest):
    def test_by_a_signal(self) -> None:
        for number in (SIGINT, SIGTERM):
            with self.subTest(number), App("0.9") as app:
                words = self.arguments(app.url, "--expect", "/version=1.0", interval="1h")
                app.behave(lambda _: hanging())
                with self.headway.start(words) as run:
                    app.await_requests(1)
                    run.signal(number)
                    result = run.wait()
                self.assertEqual(result.code, 130, result)
                self.assertEqual(result.json()["exit_code"], 130)
                self.assertLess(result.duration, 10)

    def test_while_it_waits_for_the_next_round(self) -> None:
        app = self.enterContext(App("0.9"))
        words = self.arguments(app.url, "--expect", "/version=1.0", interval="20s", deadline="1h")
        with self.headway.start(words) as run:
            run.await_output("not healthy: ")
            run.signal(SIGTERM)
            self.assertEqual(run.wait().code, 130)

    def test_nothing_is_recorded(self) -> None:
        self.open()
        app = self.enterContext(App("0.9"))
        self.stage.configure(
            environment=f"""\
                url: {app.origin}
                verify: {{interval: 10ms, probes: [{{url: /health, json: {{/version: "1.0"}}}}]}}
                """
        )
        self.stage.promote("--no-verify")
        with self.stage.start("verify", "staging") as run:
            run.await_output("not healthy: ")
            run.signal(SIGTERM)
            self.assertEqual(run.wait().code, 130)
        self.assert_untouched(self.stage.commits[2], 1)


class Overtaken(VerifyStageTest):
    """`verify ENV` while the branch moves on: neither good nor bad news."""

    def setUp(self) -> None:
        self.open()
        self.app = self.enterContext(App())
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                verify:
                  interval: 1h
                  consecutive: 1
                  probes: [{{url: /health, json: {{/version: "${{commit}}"}}}}]
                """
        )
        self.stage.promote("--commit", self.stage.commits[0], "--no-verify")

    def assert_overtaken(self, version: str) -> None:
        self.app.version = version

        def behave(_: Request) -> None:
            self.stage.promote("--no-verify")

        self.app.behave(behave)
        result = self.stage.run("verify", "staging", "--output", "json")
        self.assertEqual(result.code, 0, result)
        entry = result.json()["environments"][0]
        self.assertEqual(entry["commit"], self.stage.commits[0])
        self.assertEqual(entry["verify"]["recording"], "overtaken")
        self.assertNotIn("headway: error", result.stderr)
        # Two promotions, and no verdict.
        self.assert_moved(self.stage.commits[2], 2)

    def test_when_it_was_healthy(self) -> None:
        self.assert_overtaken(self.stage.commits[0])

    def test_when_it_was_not(self) -> None:
        self.assert_overtaken("0000000")

    def test_a_verdict_is_recorded_once(self) -> None:
        self.app.version = self.stage.commits[0]
        self.assert_verdict(self.verify(), "converged")
        self.assert_moved(self.stage.commits[0], 2)
        found = verdict_of(self.stage.run("verify", "staging", "--output", "json"))
        self.assertEqual(found.verify["recording"], "known-already")
        self.assert_untouched(self.stage.commits[0], 2)


if __name__ == "__main__":
    unittest.main()
