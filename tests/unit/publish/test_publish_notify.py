"""E-mail to a server that wants a password: it goes over a connection whose certificate is trusted, or the message is
not sent, and why is journaled."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Keep
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rich.console import Console

from publish.operations import refresh, runlog
from publish.run import Outcome
from tests.unit.publish.conftest import World

USER, PASSWORD = "referentiel", "a$b#c d"
FAULT = Outcome(2, "Disque presque plein")


@dataclass
class Mailbox:
    """A server on loopback: where it is, the certificate to trust it by, who tried to log in, what it received."""

    address: str
    certificate: Path
    logins: list[bytes] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A self-signed one for that host, valid for an hour, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    public, secret = folder / "courriel.crt", folder / "courriel.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return public, secret


@contextmanager
def mailbox(folder: Path, *, host: str = "localhost", starttls: bool = True) -> Iterator[Mailbox]:
    """A server that takes mail of USER alone, known by PASSWORD; its certificate is that of `host`."""
    public, secret = certificate(folder, host)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, secret)
    with socket.socket() as probe:  # the library asks the port it was given, so it must be a known one
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Mailbox(f"localhost:{port}", public)

    class Box(Keep):
        def handle_message(self, message: object) -> None:
            box.mails.append(str(message["Subject"]))  # type: ignore[index]

    def known(
        _server: object, _session: object, _envelope: object, _how: str, told: LoginPassword
    ) -> AuthResult:
        box.logins.append(told.login)
        return AuthResult(success=told == (USER.encode(), PASSWORD.encode()), handled=False)

    controller = Controller(
        Box(), hostname="127.0.0.1", port=port, authenticator=known, auth_required=starttls,
        tls_context=context if starttls else None, auth_require_tls=starttls,
    )  # fmt: skip
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def told(world: World, monkeypatch: pytest.MonkeyPatch, box: Mailbox, password: str = PASSWORD) -> str:
    """What the journal says of the message of a run that ends badly: why it was not sent, or nothing. The run keeps its
    code, and the password is written nowhere."""
    for name, value in {
        "REFERENTIEL_SMTP": box.address,
        "REFERENTIEL_SMTP_UTILISATEUR": USER,
        "REFERENTIEL_SMTP_MOT_DE_PASSE": password,
        "REFERENTIEL_COURRIEL_DE": "Référentiel <referentiel@exemple.fr>",
        "REFERENTIEL_COURRIEL_A": "a@exemple.fr, b@exemple.fr",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(refresh, "run", lambda *_, **__: FAULT)
    screen = io.StringIO()
    outcome = refresh.refresh(world.settings, Console(file=screen, width=400))
    (line,) = runlog.records(world.settings)
    assert outcome.code == line["code"] == 2
    missed = "\n".join(line.get("envois_manques", ()))
    assert missed in screen.getvalue()
    assert password not in screen.getvalue() + (world.settings.data / runlog.NAME).read_text(encoding="utf-8")
    assert missed == "" or missed.startswith("courriel : envoi impossible (")
    return missed


def test_good_password_over_a_trusted_connection_delivers(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(tmp_path) as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
        assert told(world, monkeypatch, box) == ""
    assert box.logins == [USER.encode()] and len(box.mails) == 1 and "Disque presque plein" in box.mails[0]


def test_bad_password_is_told(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailbox(tmp_path) as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
        assert "SMTPAuthenticationError : (535" in told(world, monkeypatch, box, "un autre")
    assert box.logins and box.mails == []


def test_certificate_that_nobody_vouches_for_never_gets_the_password(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(tmp_path) as box:
        assert "CERTIFICATE_VERIFY_FAILED" in told(world, monkeypatch, box)
    assert box.logins == box.mails == []


def test_certificate_of_another_host_never_gets_the_password(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(tmp_path, host="ailleurs.exemple") as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
        assert "Hostname mismatch" in told(world, monkeypatch, box)
    assert box.logins == box.mails == []


def test_server_without_starttls_never_gets_the_password(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(tmp_path, starttls=False) as box:
        assert "SMTPNotSupportedError : STARTTLS" in told(world, monkeypatch, box)
    assert box.logins == box.mails == []


def test_password_that_the_protocol_cannot_carry_is_told_in_words(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(tmp_path) as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
        said = told(world, monkeypatch, box, "clé-été")
    assert "sans accent" in said and "codec" not in said
    assert box.logins == box.mails == []
