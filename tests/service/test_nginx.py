"""The nginx page of the docs, as printed: a real nginx with a test certificate in front of the service."""

import re
import ssl
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from conduite_service import JETON, LIGNES, RACINE, publier, service
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.nginx import NGINX, nginx, port_libre

PAGE = RACINE / "docs/service-partage.md"


@pytest.mark.skipif(
    NGINX is None, reason="nginx absent, la page sur TLS n'a pas été essayée : apt-get install nginx-light"
)
def test_the_page_on_nginx(tmp_path: Path) -> None:
    publier(tmp_path, 1)
    certificat, cle = _certificat(tmp_path)
    port = port_libre()
    with service(tmp_path) as amont:
        imprimee = re.search(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
        for ici, la in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("/etc/ssl/referentiel.crt", str(certificat)),
            ("/etc/ssl/referentiel.key", str(cle)),
            ("127.0.0.1:9494", f"127.0.0.1:{amont}"),
        ):
            assert ici in imprimee
            imprimee = imprimee.replace(ici, la)
        with nginx(tmp_path, port, f"access_log off;\n{imprimee}"):
            confiance = ssl.create_default_context(cafile=str(certificat))
            assert _sante(port, confiance) == 200
            base = duckdb.connect()
            base.execute("load httpfs; load quack")
            base.execute(f"set ca_cert_file = '{certificat}'; set enable_server_cert_verification = true")
            base.execute(f"attach 'quack:localhost:{port}' as r (token '{JETON}', disable_ssl false)")
            assert base.execute("select count(*), max(valeur) from r.observations").fetchone() == (LIGNES, 1)
            with pytest.raises(duckdb.Error, match="Jeton"):
                base.execute(
                    f"attach 'quack:localhost:{port}' as autre (token 'mauvais-mauvais-mauvais', disable_ssl false)"
                )
            # In clear on the TLS port, and any other path: nothing.
            with pytest.raises(duckdb.Error):
                base.execute(f"attach 'quack:localhost:{port}' as clair (token '{JETON}')")
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"https://localhost:{port}/autre", context=confiance, timeout=10)


def _sante(port: int, confiance: ssl.SSLContext) -> int:
    for _ in range(100):
        try:
            with urllib.request.urlopen(
                f"https://localhost:{port}/sante", context=confiance, timeout=10
            ) as reponse:
                return reponse.status
        except OSError:
            time.sleep(0.1)
    return 0


def _certificat(dossier: Path) -> tuple[Path, Path]:
    """A certificate for localhost, valid for an hour."""
    cle = ec.generate_private_key(ec.SECP256R1())
    nom = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    maintenant = datetime.now(UTC)
    fait = (
        x509.CertificateBuilder()
        .subject_name(nom)
        .issuer_name(nom)
        .public_key(cle.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(maintenant - timedelta(minutes=5))
        .not_valid_after(maintenant + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(cle, hashes.SHA256())
    )
    certificat, secrete = dossier / "essai.crt", dossier / "essai.key"
    certificat.write_bytes(fait.public_bytes(serialization.Encoding.PEM))
    secrete.write_bytes(
        cle.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificat, secrete
