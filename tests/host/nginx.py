"""The nginx configuration of a GitHost, made from values."""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host.answer import Answer
from host.tls import Identity

_k_log = {
    "time": "$msec",
    "method": "$original_method",
    "uri": "$request_uri",
    "status": "$status",
    "body_bytes_sent": "$body_bytes_sent",
    "bytes_sent": "$bytes_sent",
    "request_length": "$request_length",
    "connection": "$pid.$connection",
    "connection_requests": "$connection_requests",
    "user_agent": "$http_user_agent",
    "authorization": "$authorization_sent",
    "git_protocol": "$http_git_protocol",
    "content_type": "$content_type",
    "content_encoding": "$http_content_encoding",
    "host": "$http_host",
}

_k_template = """\
{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    log_format headway escape=json '{{{log}}}';
    client_body_temp_path temp/body;
    fastcgi_temp_path temp/fastcgi;
    proxy_temp_path temp/proxy;
    scgi_temp_path temp/scgi;
    uwsgi_temp_path temp/uwsgi;
    client_max_body_size 0;
    keepalive_requests 100000;
    server_tokens off;
    etag off;
    default_type text/plain;
    map_hash_bucket_size 1024;
    map $http_authorization $authorization_sent {{ default yes; "" no; }}
    # An answer from a file turns POST into GET.
    map $request $original_method {{ "~^(?<verb>[A-Z]+) " $verb; }}
    map "$uri $request_method $request_uri" $answer {{
        volatile;
        default "";
        "~^/~" "";
{map}
    }}
    map "$arg_service $uri" $realm {{
        default GitLab;
{open}
    }}
    server {{
        listen 127.0.0.1:{control_port};
        location = /ready {{ return 204; }}
    }}
    server {{
        listen 127.0.0.1:{port}{ssl};
        access_log access.log headway;
{tls}
        if ($answer) {{ rewrite ^ /~answer/$answer last; }}
{answers}
        location ~ ^/.+\\.git/(info/refs|git-upload-pack|git-receive-pack)$ {{
{auth}
            fastcgi_pass unix:fcgi.sock;
            fastcgi_buffering off;
            fastcgi_read_timeout 600s;
{parameters}
        }}
        location = /~denied {{
            internal;
            types {{ }}
            alias answers/denied;
        }}
        location / {{
            return 404 "{not_found}";
        }}
{snippet}
    }}
}}
"""


@dataclass
class Settings:
    """All that the configuration depends on. Files are found below nginx's own folder."""

    port: int
    control_port: int
    state: Path
    backend: Path
    identity: Identity | None = None
    password_file: str | None = None
    anonymous_read: bool = False
    protocol_v2: bool = True
    answers: Sequence[tuple[str, Answer]] = ()
    snippet: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def quoted(value: str) -> str:
    """A configuration string; nginx has no way to write a literal `$` in one."""
    if "$" in value or "\n" in value:
        raise ValueError(f"nginx cannot hold this value: {value!r}")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def user_directive() -> str:
    """Root's worker would become another user, one that cannot read the folder."""
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name};\n"


def _location(number: int, answer: Answer) -> str:
    """Serves answers/NUMBER with any status: an error page is the one way to do so with a file.

    The file takes any length and needs no escaping, which the text of `return` would.
    """
    headers = "".join(
        f"            add_header {name} {quoted(value)} always;\n"
        for name, value in answer.headers.items()
    )
    return (
        f"        location = /~answer/{number} {{\n            internal;\n"
        f"            error_page 599 ={answer.status} /~body/{number};\n            return 599;\n"
        "        }\n"
        f"        location = /~body/{number} {{\n            internal;\n            types {{ }}\n"
        f"            default_type {quoted(answer.content_type)};\n"
        f"            alias answers/{number};\n{headers}        }}\n"
    )


def _parameters(settings: Settings) -> dict[str, str]:
    protocol = "$http_git_protocol" if settings.protocol_v2 else ""
    return {
        "REQUEST_METHOD": "$request_method",
        "QUERY_STRING": "$query_string",
        "CONTENT_TYPE": "$content_type",
        "CONTENT_LENGTH": "$content_length",
        "REMOTE_USER": "$remote_user",
        "REMOTE_ADDR": "$remote_addr",
        "SERVER_PROTOCOL": "$server_protocol",
        "PATH_INFO": "$uri",
        "GIT_PROTOCOL": protocol,
        # http-backend falls back to the header itself, which nginx would pass on.
        "HTTP_GIT_PROTOCOL": protocol,
        # The token is nginx's to judge; hooks have no use for it.
        "HTTP_AUTHORIZATION": "",
        **settings.parameters,
    }


def configuration(settings: Settings) -> str:
    """The text of nginx.conf."""
    log = ",".join(f'"{key}":"{value}"' for key, value in _k_log.items())
    auth = ""
    if settings.password_file:
        auth = (
            "            auth_basic $realm;\n"
            f"            auth_basic_user_file {settings.password_file};\n"
            "            error_page 401 /~denied;"
        )
    reading = '        "~^(git-upload-pack .*/info/refs| .*/git-upload-pack)$" off;'
    tls = ""
    if settings.identity:
        tls = (
            f"        ssl_certificate {quoted(str(settings.identity.certificate))};\n"
            f"        ssl_certificate_key {quoted(str(settings.identity.key))};"
        )
    parameters = {"SCRIPT_FILENAME": quoted(str(settings.backend))}
    parameters |= {k: f'"{v}"' for k, v in _parameters(settings).items()}
    return _k_template.format(
        user=user_directive(),
        log=log,
        map="\n".join(
            f'        "~{pattern}" {number};'
            for number, (pattern, _) in enumerate(settings.answers, 1)
        ),
        open=reading if settings.anonymous_read else "",
        control_port=settings.control_port,
        port=settings.port,
        ssl=" ssl" if settings.identity else "",
        tls=tls,
        answers="".join(_location(n, a) for n, (_, a) in enumerate(settings.answers, 1)),
        auth=auth,
        parameters="\n".join(f"            fastcgi_param {k} {v};" for k, v in parameters.items()),
        not_found="The project you were looking for could not be found or you don't have"
        " permission to view it.",
        snippet=settings.snippet,
    )


def request_pattern(path: str, service: str | None, method: str | None) -> str:
    """A regular expression for nginx's map. `path` is exact, or a prefix if it ends in `*`.

    `service` (upload-pack or receive-pack) narrows it to the requests that serve it: the
    advertisement with that query, and the request to it.
    """
    exact = not path.endswith("*")
    start = re.escape(path.removesuffix("*")).replace('"', '\\"')
    verb = f" {method or '[A-Z]+'}"
    if service is None:
        return f"{verb} {start}" + ("(\\?.*)?$" if exact else "")
    query = f"/info/refs\\?service=git-{service}$"
    inner = "" if exact else ".*"
    return f"{verb} {start}{inner}({query}|/git-{service}$)"
