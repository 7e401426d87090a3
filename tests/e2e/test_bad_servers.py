"""Remotes that are no git server, or that answer what no git server should: nothing moves."""

from __future__ import annotations

import hashlib
import struct
import unittest
import zlib
from collections.abc import Callable

from e2e.support import StageTest, k_token
from host import answer
from host.answer import Answer
from host.headway import Result
from host.http_server import HttpServer
from host.relay import Alter, Relay, When, framed, push
from host.repo import Git
from host.saboteur import Received, Saboteur, Send, SendEndlessly, Step, advertised, pkt_line

k_info_refs = "/info/refs?service=git-upload-pack"


class BadServerTest(StageTest):
    """Staging is at the first of three commits, with one event."""

    def setUp(self) -> None:
        self.open()
        self.stage.deploy()

    def assert_failed(
        self, result: Result, stderr: str, code: int = 1, known: dict[object, str] | None = None
    ) -> None:
        """The promotion failed in these words, and the branch and the ledger are as before."""
        self.assert_run(result, code, "", stderr, known)
        self.assert_untouched(self.stage.commits[0], 1)


class NoGitServer(BadServerTest):
    """What answers at the remote's address is no git server."""

    def answered(self, given: Answer) -> Result:
        self.stage.host.answer(given, "/group/app.git*")
        return self.stage.promote()

    def test_a_web_page(self) -> None:
        page = "<!DOCTYPE html><html><head><title>Welcome\n to nginx!</title></head></html>"
        self.assert_failed(self.answered(Answer(200, page, "text/html")), """\
            headway: error: http://127.0.0.1:<port>/group/app.git is not a git repository's address
              because: it answered with "Welcome to nginx!"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)

    def test_a_page_not_found(self) -> None:
        page = "<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
        self.assert_failed(self.answered(Answer(404, page, "text/html")), """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 404
              because: http://127.0.0.1:<port>/group/app.git is not the repository's address, or the bot of $STAGING_PUSH_TOKEN may not see it (HTTP 404) (the server said: "404 Not Found")
              try: remote: in .headway.yml: the address that git clone takes
              try: create a token or password that may push on the git server and put it into $STAGING_PUSH_TOKEN
            """, 5)

    def test_json(self) -> None:
        given = Answer(200, '{"error": "not here"}', "application/json")
        self.assert_failed(self.answered(given), """\
            headway: error: http://127.0.0.1:<port>/group/app.git is not a git repository's address
              because: it answered with "{"error": "not here"}"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)

    def test_nothing_at_all(self) -> None:
        self.assert_failed(self.answered(Answer(200, "", "text/plain")), """\
            headway: error: http://127.0.0.1:<port>/group/app.git is not a git repository's address
              because: the answer is empty and of type "text/plain"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)

    def test_git_inside_the_wrong_type(self) -> None:
        self.assert_failed(self.answered(Answer(200, "001e# service=git-upload-pack\n")), """\
            headway: error: http://127.0.0.1:<port>/group/app.git is not a git repository's address
              because: it answered with "001e# service=git-upload-pack"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)

    def test_a_web_page_of_the_right_type(self) -> None:
        given = Answer(200, "<html>", "application/x-git-upload-pack-advertisement")
        self.assert_failed(self.answered(given), """\
            headway: error: the server's answer is not git's protocol
              because: "<htm" stands where the length of a pkt-line belongs
              try: check that the remote's URL is a git repository and that no proxy alters its answers; -vv shows them
            """)

    def test_a_proxy_s_page(self) -> None:
        self.assert_failed(self.answered(answer.proxy_page()), """\
            headway: error: http://127.0.0.1:<port>/group/app.git is not a git repository's address
              because: it answered with "Access to this site is monitored"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)

    def test_a_proxy_s_page_for_the_push_alone(self) -> None:
        self.stage.host.answer(answer.proxy_page(), "/group/app.git", service="receive-pack")
        self.assert_failed(self.stage.promote(), """\
            headway: error: the push was sent 3 times and not carried out
              because: the last time it was sent, and no report of it arrived: http://127.0.0.1:<port>/group/app.git is not a git repository's address: it answered with "Access to this site is monitored"
              try: run the same command again
            """)

    def test_the_dumb_protocol(self) -> None:
        self.assert_failed(self.answered(answer.dumb_advertisement()), """\
            headway: error: http://127.0.0.1:<port>/group/app.git cannot be pushed to
              because: its server offers git's old "dumb" protocol, which only hands out files
              try: serve the repository by git http-backend or a forge
            """)

    def test_a_repository_of_sha256(self) -> None:
        path = self.stage.host.state / "repositories" / "group" / "new.git"
        git = Git(self.stage.headway.home)
        git.run("init", "--quiet", "--bare", "--object-format=sha256", path)
        tree = git.run("hash-object", "-t", "tree", "-w", "--stdin", cwd=path)
        commit = git.run("commit-tree", tree, "-m", "First", cwd=path)
        git.run("update-ref", "refs/heads/main", commit, cwd=path)
        self.stage.configure(remote=self.stage.host.url("group/new"))
        self.assert_failed(self.stage.promote(), """\
            headway: error: the repository's objects are named by sha256
              because: headway works with repositories that use SHA-1, git's default
              try: use a repository that was made with --object-format=sha1
            """, 3)
        self.assertEqual(git.run("for-each-ref", cwd=path), f"{commit} commit\trefs/heads/main")


class Redirects(BadServerTest):
    """Redirects: followed once, on the same origin, to the same question; the token goes along
    to no other place."""

    def redirected(self, location: str) -> Result:
        self.stage.host.answer(answer.redirect(location), "/group/app.git*")
        return self.stage.promote()

    def test_to_a_sign_in_page(self) -> None:
        self.stage.host.answer(answer.sign_in_page(), "/users/sign_in")
        self.assert_failed(self.redirected("/users/sign_in"), """\
            headway: error: http://127.0.0.1:<port>/group/app.git redirects to http://127.0.0.1:<port>/users/sign_in
              because: that is a page where people sign in
              try: check the token in $STAGING_PUSH_TOKEN
              try: check the remote's URL: it is what git clone takes
            """, 5)
        self.assertEqual([entry.uri for entry in self.stage.host.requests()],
                         [f"/group/app.git{k_info_refs}"])  # fmt: skip

    def test_to_a_sign_in_page_on_another_host(self) -> None:
        with HttpServer() as other:
            result = self.redirected(f"{other.origin}/users/sign_in?next=app")
            self.assert_failed(result, """\
                headway: error: http://127.0.0.1:<port>/group/app.git redirects to http://127.0.0.1:<other>/users/sign_in
                  because: that is a page where people sign in
                  try: check the token in $STAGING_PUSH_TOKEN
                  try: check the remote's URL: it is what git clone takes
                """, 5, {other.port: "<other>"})
            self.assertEqual((other.connections, other.requests), (0, []))

    def test_to_a_repository_on_another_host(self) -> None:
        with HttpServer() as other:
            result = self.redirected(f"{other.origin}/group/app.git{k_info_refs}")
            self.assert_failed(result, """\
                headway: error: http://127.0.0.1:<port>/group/app.git redirects to http://127.0.0.1:<other>/group/app.git/info/refs
                  because: headway does not follow redirects, because a token belongs to one host
                  try: if that is the right server: remote: http://127.0.0.1:<other>/group/app.git
                """, 1, {other.port: "<other>"})
            self.assertEqual((other.connections, other.requests), (0, []))

    def test_to_https(self) -> None:
        origin = self.stage.host.origin.replace("http:", "https:")
        result = self.redirected(f"{origin}/group/app.git{k_info_refs}")
        self.assert_failed(result, """\
            headway: error: http://127.0.0.1:<port>/group/app.git redirects to https://127.0.0.1:<port>/group/app.git/info/refs
              because: headway does not follow redirects, because a token belongs to one host
              try: use https: remote: https://127.0.0.1:<port>/group/app.git
            """)
        self.assertEqual(len(self.stage.host.requests()), 1)

    def test_to_another_name_on_the_same_host(self) -> None:
        self.stage.configure(remote=self.stage.host.url("group/former"))
        target = f"/group/app.git{k_info_refs}"
        self.stage.host.answer(answer.redirect(target, 301), "/group/former.git*")
        self.assert_run(
            self.stage.promote("--quiet"), 0, "staging: 9318c89e → f7eef0d4, fast-forward\n"
        )
        self.assert_moved(self.stage.commits[2], 2)
        seen = [entry.uri.partition("?")[0] for entry in self.stage.host.requests()]
        self.assertEqual(seen, ["/group/former.git/info/refs", "/group/app.git/info/refs",
                                "/group/app.git/git-upload-pack", "/group/app.git/git-upload-pack",
                                "/group/app.git/git-receive-pack"])  # fmt: skip

    def test_in_a_circle(self) -> None:
        self.assert_failed(self.redirected(f"/group/app.git{k_info_refs}"), """\
            headway: the repository has moved; set remote: http://127.0.0.1:<port>/group/app.git
            headway: error: http://127.0.0.1:<port>/group/app.git redirects to http://127.0.0.1:<port>/group/app.git/info/refs
              because: one redirect is followed, and this is the second
              try: if that is the right server: remote: http://127.0.0.1:<port>/group/app.git
            """)
        self.assertEqual(len(self.stage.host.requests()), 2)

    def test_of_the_push(self) -> None:
        # What a push was answered with is not tried elsewhere.
        self.stage.host.answer(
            answer.redirect("/users/sign_in"), "/group/app.git", service="receive-pack"
        )
        self.assert_failed(self.stage.promote(), """\
            headway: error: http://127.0.0.1:<port>/group/app.git redirects to http://127.0.0.1:<port>/users/sign_in
              because: that is a page where people sign in
              try: check the token in $STAGING_PUSH_TOKEN
              try: check the remote's URL: it is what git clone takes
            """, 5)
        statuses = [entry.status for entry in self.stage.host.requests()]
        self.assertEqual(statuses, [200, 200, 200, 302])

    def test_a_token_in_the_location_is_not_shown(self) -> None:
        result = self.redirected(f"http://bot:{k_token}@127.0.0.1:9/group/app.git{k_info_refs}")
        self.assert_failed(result, """\
            headway: error: http://127.0.0.1:<port>/group/app.git redirects to http://127.0.0.1:9/group/app.git/info/refs
              because: headway does not follow redirects, because a token belongs to one host
              try: check the remote's URL: it is what git clone takes
            """)


class Altered(BadServerTest):
    """True answers of a git server, altered on their way."""

    def setUp(self) -> None:
        super().setUp()
        self.relay = self.enterContext(Relay(self.stage.host))
        self.stage.configure(remote=self.relay.url())

    def altered(self, when: When, alter: Alter) -> Result:
        """A promotion whose matching answers are altered, each time."""
        self.relay.clear()
        self.relay.alter_answer(when, alter, times=None)
        return self.stage.promote()

    def assert_each(
        self, number: int, causes: dict[str, str], alter: Callable[[str], Alter]
    ) -> None:
        """For each way to alter the answer to a request of this number: the cause that is told."""
        for name, because in causes.items():
            with self.subTest(name):
                result = self.altered(len(self.relay.exchanges) + number, alter(name))
                self.assert_failed(result, f"""\
                    headway: error: the server's answer is not git's protocol
                      because: {because}
                      try: check that the remote's URL is a git repository and that no proxy alters its answers; -vv shows them
                    """)  # fmt: skip


def cut_to(size: int) -> Alter:
    """Only `size` bytes of the body (negative: all but so many), as a complete HTTP answer."""
    return lambda head, body: framed(head, body[:size])


class TruncatedPktLines(Altered):
    """Answers that end in the middle, as HTTP bodies that are complete."""

    k_places = (0, 3, 30, -4, -1)

    def assert_truncated(self, number: int, because: str, when_empty: str = "") -> None:
        self.assert_each(
            number,
            {str(place): because if place or not when_empty else when_empty
             for place in self.k_places},
            lambda place: cut_to(int(place)),
        )  # fmt: skip

    def test_the_advertisement(self) -> None:
        self.assert_truncated(1, "the list of what the server offers ends in the middle")

    def test_the_list_of_refs(self) -> None:
        self.assert_truncated(2, "the list of refs ends in the middle")

    def test_the_pack(self) -> None:
        self.assert_truncated(
            3, "the answer to a fetch ends in the middle", "the answer to a fetch is empty"
        )

    def test_the_report_of_the_push(self) -> None:
        # The server has done it. That is looked up, and the end is as if nothing had happened.
        for place in self.k_places:
            with self.subTest(place):
                events = len(self.stage.ledger())
                commit = self.stage.repo.commit()
                self.assertEqual(self.altered(push, cut_to(place)).code, 0)
                self.assert_moved(commit, events + 1)


class BrokenPktLines(Altered):
    """Lengths and lines that no git server sends."""

    k_main = f"{'1' * 40} refs/heads/main\n"
    k_bodies = {
        '"zzzz" stands where the length of a pkt-line belongs': b"zzzz",
        "3 is no length of a pkt-line": b"0003",
        "65525 is no length of a pkt-line": b"fff5" + b"x" * 65525,
        '"hello" stands where a ref\'s id belongs': pkt_line("hello\n") + b"0000",
        '"1234" stands where a ref\'s id belongs': pkt_line("1234 refs/heads/main\n") + b"0000",
        '"refs/heads/m\\x07" is no name of a ref': pkt_line(f"{'1' * 40} refs/heads/m\x07\n")
        + b"0000",
        'it lists "refs/heads/main" twice': pkt_line(k_main) * 2 + b"0000",
        "the list of refs goes on after its end": b"00000000",
    }

    def test_in_the_list_of_refs(self) -> None:
        self.assert_each(
            2,
            {because: because for because in self.k_bodies},
            lambda because: lambda head, _: framed(head, self.k_bodies[because]),
        )

    def test_an_error_line(self) -> None:
        line = pkt_line("ERR access denied or repository not exported: /app\n")
        result = self.altered(2, lambda head, _: framed(head, line))
        self.assert_failed(result, """\
            headway: error: cannot list the refs of http://127.0.0.1:<relay>/group/app.git
              because: the server said: access denied or repository not exported: /app
              try: run the same command again with -vv: it shows all that the server said
            """, known={self.relay.port: "<relay>"})


def pack_of(*objects: tuple[int, int, bytes], count: int | None = None) -> bytes:
    """A pack; of each object its type, the size that it says, and its compressed bytes."""
    pack = b"PACK" + struct.pack(">II", 2, len(objects) if count is None else count)
    for kind, size, data in objects:
        byte, rest = kind << 4 | size & 15, size >> 4
        while rest:
            pack += bytes([byte | 128])
            byte, rest = rest & 127, rest >> 7
        pack += bytes([byte]) + data
    return pack + hashlib.sha1(pack).digest()


def packfile(pack: bytes) -> bytes:
    """The answer to a v2 fetch that holds this pack."""
    pieces = (pack[start : start + 65000] for start in range(0, len(pack), 65000))
    return (pkt_line("packfile\n") + b"".join(pkt_line(b"\x01" + piece) for piece in pieces)
            + b"0000")  # fmt: skip


class CorruptPacks(Altered):
    """The proof's pack, altered: what was not proven does not move."""

    k_commit = b"tree " + b"1" * 40 + b"\n"
    k_good = pack_of((1, len(k_commit), zlib.compress(k_commit)))
    k_zeros = zlib.compress(bytes(64 << 20), 9)
    k_packs = {
        "its checksum is another one": k_good[:-1] + bytes([k_good[-1] ^ 1]),
        "it does not begin as a pack does": b"KCAP" + k_good[4:],
        "an object cannot be inflated": pack_of((1, 50, b"\x78\x9c" + b"\xff" * 30)),
        "an object is shorter than it says": pack_of(
            (1, len(k_commit) + 1, zlib.compress(k_commit))
        ),
        "an object is longer than it says": pack_of((1, 100, k_zeros)),
        "an object has a type that does not exist": pack_of((0, 46, zlib.compress(k_commit))),
        "it goes on after its end": k_good + b"x",
    }

    def test_each(self) -> None:
        self.assert_each(
            3,
            {because: f"the pack is corrupt: {because}" for because in self.k_packs},
            lambda because: lambda head, _: framed(head, packfile(self.k_packs[because])),
        )

    def assert_too_much(self, pack: bytes, because: str) -> None:
        result = self.altered(3, lambda head, _: framed(head, packfile(pack)))
        self.assert_failed(result, f"""\
            headway: error: the server sent more than headway reads
              because: {because}
              try: turn on uploadpack.allowFilter on the server: it then leaves out what headway does not need
            """)  # fmt: skip

    def test_a_bomb(self) -> None:
        self.assert_too_much(
            pack_of((1, 64 << 20, self.k_zeros)),
            "it holds an object that is larger than headway reads (at most 1048576)",
        )

    def test_four_billion_objects(self) -> None:
        self.assert_too_much(
            pack_of(count=0xFFFFFFFF),
            "it announces more objects than headway reads (at most 2000000)",
        )

    def test_an_empty_pack_is_not_taken_for_a_ledger(self) -> None:
        # With nothing in it the pack proves the fast-forward, but the ledger's newest event,
        # which was asked for as well, must come.
        self.relay.alter_answer(3, lambda head, _: framed(head, packfile(pack_of())))
        self.assert_failed(self.stage.promote(), """\
            headway: error: the ledger of staging is damaged
              because: the newest commit of refs/headway/ledger/staging is no event of this ledger: it is a commit of the source branch, or no commit at all
              try: look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD
              try: start a new ledger: git push <remote> :refs/headway/ledger/staging
            """, 3)


class Endless(StageTest):
    """A server that never ends: bounded by size, without a timeout."""

    def answered(self, *steps: Step) -> Result:
        """The advertisement is sound; every POST is answered by these steps."""

        def serve(received: Received) -> list[Step]:
            return [Send(advertised())] if received.head.method == "GET" else list(steps)

        return self.promoted(serve)

    def promoted(self, serve: Callable[[Received], list[Step]]) -> Result:
        self.open()
        server = self.enterContext(Saboteur(per_request=serve))
        self.port = server.port
        self.stage.configure(remote=server.url())
        return self.stage.promote()

    def assert_ended(self, result: Result, stderr: str) -> None:
        self.assert_run(result, 1, "", stderr, {self.port: "<server>"})

    def test_headers(self) -> None:
        result = self.promoted(
            lambda _: [Send(b"HTTP/1.1 200 OK\r\n"), SendEndlessly(b"X-More: and more\r\n")]
        )
        self.assert_ended(result, """\
            headway: error: the answer of 127.0.0.1:<server> is too large
              because: its headers have more than 65536 bytes or 200 lines
              try: check that the URL is the right one: this one answers something else
            """)

    def test_body_without_git(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"
        result = self.promoted(lambda _: [Send(head + b"<title>More and more</title>"), SendEndlessly(b"<p>more</p>" * 1000)])
        self.assert_ended(result, """\
            headway: error: http://127.0.0.1:<server>/group/app.git is not a git repository's address
              because: it answered with "More and more"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)

    def test_capabilities(self) -> None:
        kind = "application/x-git-upload-pack-advertisement"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode()
        start = pkt_line("# service=git-upload-pack\n") + b"0000" + pkt_line("version 2\n")
        line = pkt_line("more=and more\n")
        result = self.promoted(lambda _: [Send(head + start), SendEndlessly(line * 1000)])
        self.assert_ended(result, """\
            headway: error: the server's answer is not git's protocol
              because: the list of capabilities is malformed
              try: check that the remote's URL is a git repository and that no proxy alters its answers; -vv shows them
            """)

    def test_refs(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\n\r\n"
        line = pkt_line(f"{'1' * 40} refs/heads/{'more' * 100}\n")
        self.assert_ended(self.answered(Send(head), SendEndlessly(line * 1000)), """\
            headway: error: the answer of 127.0.0.1:<server> is too large
              because: it has more than the 67108864 bytes that are allowed here
              try: check that the URL is the right one: this one answers something else
            """)

    def test_an_encoding_that_was_not_asked_for(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
        self.assert_ended(self.promoted(lambda _: [Send(head)]), """\
            headway: error: the answer of 127.0.0.1:<server> cannot be read
              because: it is encoded as 'gzip', which was not asked for
              try: switch the compression off for this address on the server or proxy
            """)

    def test_no_http(self) -> None:
        result = self.promoted(lambda _: [Send(b"SSH-2.0-OpenSSH_9.2\r\n")])
        self.assert_ended(result, """\
            headway: error: the answer of 127.0.0.1:<server> is not valid HTTP
              because: Received HTTP/0.9 when not allowed
              try: check the port in the URL: something other than a web server may answer there
              try: if the server speaks TLS: https://127.0.0.1:<server>
            """)

    def test_an_answer_to_another_question(self) -> None:
        # It takes every question for a request of refs: what was not asked for is refused.
        self.assert_ended(self.answered(Send(advertised())), """\
            headway: error: http://127.0.0.1:<server>/group/app.git is not a git repository's address
              because: it answered with "001e# service=git-upload-pack 0000000eversion 2 0017agent=git/saboteur 0013ls-refs=unborn 0027fetch=shallow wait-for-done filter 0017object-format=sha1 0000"
              try: check the remote's URL: it is what git clone takes
              try: check that no sign-in page or proxy stands before the git server
            """)


class FullDisk(BadServerTest):
    """The server's disk is full while it takes the push."""

    def test_the_server_s_disk_is_full(self) -> None:
        self.stage.host.limit_file_size(20)
        self.assert_failed(self.stage.promote(), """\
            headway: error: the server could not store the push
              because: a limit on the size of files keeps the server from storing the push (the server said: "unable to write loose object file: File too large"); nothing moved
              try: raise the file size limit of the git service: ulimit -f, LimitFSIZE=
            """)
        # When there is space again, the same command does it.
        self.stage.host.limit_file_size(None)
        self.assertEqual(self.stage.promote().code, 0)
        self.assert_moved(self.stage.commits[2], 2)


if __name__ == "__main__":
    unittest.main()
