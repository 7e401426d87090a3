"""Throwaway certificates, made by openssl."""

from __future__ import annotations

import datetime
import ssl
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

k_loopback_names = ("127.0.0.1", "localhost")

_k_config = """\
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {names}
[ca]
default_ca = dated
[dated]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = optional
"""


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key, both PEM files. As a server's, it asks clients for a
    certificate of the authority in `clients`, if there is one."""

    certificate: Path
    key: Path
    clients: Path | None = None

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if self.clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.clients)
        return context

    def asking(self, authority: CertificateAuthority) -> Identity:
        """This one, for a server that lets in only clients whom the authority knows."""
        return replace(self, clients=authority.certificate)


@dataclass(frozen=True)
class Validity:
    """From when to when, both in UTC."""

    start: datetime.datetime
    end: datetime.datetime


def day(year: int) -> Validity:
    """The first day of that year."""
    start = datetime.datetime(year, 1, 1, tzinfo=datetime.UTC)
    return Validity(start, start + datetime.timedelta(days=1))


class CertificateAuthority:
    """A certificate authority that nobody trusts, in `folder` (which it creates).

    `certificate` is the PEM file that a client has to trust.
    """

    def __init__(self, folder: Path, name: str = "headway test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        self._config(())
        self._request("-x509", "-days", "30", "-extensions", "authority", "-subj", f"/CN={name}",
                      "-keyout", str(self._key), "-out", str(self.certificate))  # fmt: skip

    def issue(
        self,
        label: str,
        names: tuple[str, ...] = k_loopback_names,
        *,
        expired: bool = False,
        validity: Validity | None = None,
    ) -> Identity:
        """A certificate for `names` (host names or IPv4 addresses), valid for 30 days, or as told.

        An expired one was valid on one day of 2020. `label` names its files.
        """
        identity = Identity(self._folder / f"{label}.pem", self._folder / f"{label}.key")
        self._config(names)
        subject = ("-subj", f"/CN={names[0]}", "-keyout", str(identity.key))
        validity = day(2020) if expired else validity
        if not validity:
            self._request("-x509", "-days", "30", "-CA", str(self.certificate),
                          "-CAkey", str(self._key), "-extensions", "leaf", *subject,
                          "-out", str(identity.certificate))  # fmt: skip
            return identity
        request = self._folder / f"{label}.csr"
        self._request(*subject, "-out", str(request))
        (self._folder / "index.txt").touch()
        self._openssl("ca", "-batch", "-notext", "-config", str(self._folder / "openssl.cnf"),
                      "-cert", str(self.certificate), "-keyfile", str(self._key),
                      "-extensions", "leaf", "-startdate", f"{validity.start:%Y%m%d%H%M%SZ}",
                      "-enddate", f"{validity.end:%Y%m%d%H%M%SZ}", "-in", str(request),
                      "-out", str(identity.certificate))  # fmt: skip
        return identity

    def self_signed(self, label: str, names: tuple[str, ...] = k_loopback_names) -> Identity:
        """A certificate that no authority has signed."""
        identity = Identity(self._folder / f"{label}.pem", self._folder / f"{label}.key")
        self._config(names)
        self._request("-x509", "-days", "30", "-extensions", "leaf", "-subj", f"/CN={names[0]}",
                      "-keyout", str(identity.key), "-out", str(identity.certificate))  # fmt: skip
        return identity

    def _config(self, names: tuple[str, ...]) -> None:
        listed = [f"IP:{n}" if n.replace(".", "").isdigit() else f"DNS:{n}" for n in names]
        text = _k_config.format(folder=self._folder, names=", ".join(listed) or "DNS:none")
        (self._folder / "openssl.cnf").write_text(text, encoding="utf-8")

    def _request(self, *arguments: str) -> None:
        self._openssl("req", "-config", str(self._folder / "openssl.cnf"), "-new", "-nodes",
                      "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      *arguments)  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")
