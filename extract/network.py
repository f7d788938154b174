"""What goes wrong on a network: which errors deserve another try, and how to tell them in French."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3


class ProducerUnavailable(requests.exceptions.ConnectionError):
    """The producer could not be reached, or kept saying "later" until we gave up. The message is French."""


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds asked by Retry-After (a number or an HTTP date), or None."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def unreachable(error: BaseException) -> bool:
    """True when the host was never reached (refused, unknown name, proxy, TLS): asking again soon is
    useless."""
    if isinstance(
        error,
        requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError | requests.exceptions.SSLError,
    ):
        return True
    if isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError):
        return True
    inner = [*getattr(error, "args", ()), getattr(error, "reason", None)]
    return any(isinstance(cause, BaseException) and unreachable(cause) for cause in inner)


def error_words(host: str, error: BaseException) -> str:
    """What happened on the network, in one French sentence without any key."""
    text = str(error)
    if isinstance(error, ProducerUnavailable):
        return text
    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"{host} : certificat TLS refusé (autorité inconnue, "
            "expiré ou autre nom) ; voir REQUESTS_CA_BUNDLE"
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return f"{host} : le mandataire (proxy) refuse ou ne répond pas ; voir HTTPS_PROXY"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} : pas de connexion dans le délai"
    if "NameResolutionError" in text or "Failed to resolve" in text:
        return f"{host} : nom introuvable (DNS)"
    if "Connection refused" in text or "NewConnectionError" in text:
        return f"{host} : connexion refusée"
    if (
        isinstance(error, requests.exceptions.ReadTimeout | urllib3.exceptions.ReadTimeoutError)
        or "timed out" in text
    ):
        return f"{host} : pas de réponse dans le délai"
    if "IncompleteRead" in text:
        return f"{host} : réponse coupée avant la fin"
    if isinstance(
        error, urllib3.exceptions.ProtocolError | requests.exceptions.ConnectionError | ConnectionError
    ):
        return f"{host} : connexion coupée"
    return f"{host} : {type(error).__name__} {text[:200]}"


def busy_words(host: str, status: int, headers: Mapping[str, str]) -> str:
    """A service that kept saying "later", in one French sentence."""
    asked = headers.get("retry-after")
    more = f" (le service demande d'attendre : {asked})" if asked else ""
    words = "trop de demandes, quota atteint" if status == 429 else "service momentanément indisponible"
    return f"{host} : HTTP {status}, {words}{more}"
