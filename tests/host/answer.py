"""Fixed HTTP answers that a GitHost gives in place of git's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from host.protection import Refusal


@dataclass(frozen=True)
class Answer:
    """A whole answer. `content_type` is the Content-Type header; `headers` are further ones."""

    status: int
    body: str | bytes = ""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


k_sign_in_page = """\
<!DOCTYPE html>
<html class="html-devise-layout" lang="en">
<head><title>Sign in · GitLab</title></head>
<body><form id="new_user" action="/users/sign_in" method="post">
<input type="text" name="user[login]"><input type="password" name="user[password]">
<button type="submit">Sign in</button></form></body>
</html>
"""
k_proxy_page = """\
<html>
<head><title>Access to this site is monitored</title></head>
<body><h1>Acme web gateway</h1><p>Please accept the terms of use to continue.</p></body>
</html>
"""


def access_denied() -> Answer:
    """401: the token is wrong, expired or lacks the scope; GitLab does not tell which."""
    challenge = {"WWW-Authenticate": 'Basic realm="GitLab"'}
    return Answer(401, Refusal.access_denied + "\n", headers=challenge)


def role_too_low() -> Answer:
    """403: the token's role may not push to the project at all."""
    return Answer(403, Refusal.role)


def job_token_may_not_push() -> Answer:
    """403: a CI_JOB_TOKEN in a project that does not let job tokens push."""
    return Answer(403, Refusal.job_token)


def archived() -> Answer:
    """403: an archived project."""
    return Answer(403, Refusal.archived)


def read_only() -> Answer:
    """403: the repository is being moved or the instance is in maintenance."""
    return Answer(403, Refusal.read_only)


def not_found() -> Answer:
    """404: no such project, or one that the token may not see."""
    return Answer(404, Refusal.not_found)


def unavailable(retry_after: int | None = None) -> Answer:
    """503 as a load balancer words it, with Retry-After in seconds if given."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    page = "<html><body><h1>503 Service Unavailable</h1></body></html>\n"
    return Answer(503, page, "text/html", headers)


def too_many_requests(retry_after: int) -> Answer:
    """429 with Retry-After in seconds."""
    return Answer(429, "Retry later\n", headers={"Retry-After": str(retry_after)})


def redirect(location: str, status: int = 302) -> Answer:
    """A redirect to a URL or an absolute path."""
    page = f'<html><body>You are being <a href="{location}">redirected</a>.</body></html>\n'
    return Answer(status, page, "text/html", {"Location": location})


def sign_in_page() -> Answer:
    """200 with GitLab's sign-in form, which is where `redirect('/users/sign_in')` leads."""
    return Answer(200, k_sign_in_page, "text/html; charset=utf-8")


def proxy_page() -> Answer:
    """200 with the page of a proxy between the client and the git server."""
    return Answer(200, k_proxy_page, "text/html")


def dumb_advertisement() -> Answer:
    """200 with what a web server says that only serves git's files: the dumb protocol."""
    return Answer(200, f"{'1' * 40}\trefs/heads/main\n", "text/plain")
