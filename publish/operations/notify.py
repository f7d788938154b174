"""Words sent out at the end of a run and after a rollback, to a webhook and by e-mail, when somebody has
something to read or to do.

The environment says to whom: REFERENTIEL_WEBHOOK (address of an http(s) service that takes a JSON POST),
REFERENTIEL_SMTP (host:port; REFERENTIEL_SMTP_UTILISATEUR and REFERENTIEL_SMTP_MOT_DE_PASSE when it wants
them, over STARTTLS then), REFERENTIEL_COURRIEL_DE, REFERENTIEL_COURRIEL_A (addresses with commas). Nothing
given: nothing sent. A message that cannot be sent is told on screen and in the journal of runs, and the next
run sends it there; it never changes the exit code."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import requests

PLACES = ("webhook", "courriel")
TIMEOUT = 15  # seconds: a run does not wait longer for a mail server than for a producer
LONGEST = 200_000  # characters of a body: a note is shorter, a chat service refuses more


@dataclass(frozen=True)
class Message:
    """What is sent: `evenement` is publiee, retour, refusee, faute, injoignable or sources; the rest is
    French."""

    evenement: str
    objet: str
    texte: str
    code: int
    release: str | None


def send(
    message: Message, environ: Mapping[str, str] | None = None, places: Sequence[str] = PLACES
) -> list[str]:
    """Sends to those of `places` that the environment names; returns what failed, in words that begin with
    the place (empty when all went)."""
    env = os.environ if environ is None else environ
    failures = []
    webhook = env.get("REFERENTIEL_WEBHOOK", "").strip()
    if webhook and "webhook" in places:
        try:
            _post(webhook, message)
        except (requests.exceptions.RequestException, ValueError) as error:
            # The address may hold a token: it is never repeated.
            failures.append(f"webhook : envoi impossible ({type(error).__name__})")
    if env.get("REFERENTIEL_SMTP", "").strip() and "courriel" in places:
        try:
            _mail(env, message)
        except (OSError, smtplib.SMTPException, ValueError, KeyError) as error:
            failures.append(f"courriel : envoi impossible ({type(error).__name__} : {error})")
    return failures


def _post(webhook: str, message: Message) -> None:
    body = {
        "evenement": message.evenement,
        "objet": message.objet,
        "text": f"{message.objet}\n\n{message.texte[:LONGEST]}",  # the field that chat services print
        "code": message.code,
        "release": message.release,
    }
    requests.post(webhook, json=body, timeout=TIMEOUT).raise_for_status()


def _mail(env: Mapping[str, str], message: Message) -> None:
    host, _, port = env["REFERENTIEL_SMTP"].strip().partition(":")
    mail = EmailMessage()
    mail["Subject"] = message.objet
    mail["From"] = env["REFERENTIEL_COURRIEL_DE"]
    mail["To"] = env["REFERENTIEL_COURRIEL_A"]
    mail.set_content(message.texte[:LONGEST])
    user = env.get("REFERENTIEL_SMTP_UTILISATEUR", "").strip()
    password = env["REFERENTIEL_SMTP_MOT_DE_PASSE"] if user else ""
    if not (user + password).isascii():  # smtplib would say it with a letter of the password
        raise ValueError("l'utilisateur et le mot de passe du serveur s'écrivent sans accent, en ASCII")
    with smtplib.SMTP(host, int(port or 25), timeout=TIMEOUT) as server:
        if user:
            server.starttls(context=ssl.create_default_context())
            server.login(user, password)
        server.send_message(mail)
