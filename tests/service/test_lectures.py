"""Answers come whole from one release while releases change; the journal tells each query."""

import threading
import time

import duckdb
import pytest
from conduite_service import (
    JETON,
    LIGNES,
    attendre,
    demander,
    lecteur,
    lignes_du_journal,
    publier,
    sante,
    service,
)

LECTEURS, DUREE = 50, 8.0


@pytest.fixture
def data(tmp_path):
    publier(tmp_path, 1)
    return tmp_path


def test_fifty_readers_while_releases_change(data) -> None:
    jetons = {f"lecteur{n}": f"jeton-numero-{n:04d}-0123456789" for n in range(LECTEURS)}
    env = ",".join(f"{nom}={jeton}" for nom, jeton in jetons.items())
    fautes: list[str] = []
    lues: list[set[int]] = [set() for _ in range(LECTEURS)]
    arret = threading.Event()
    with service(data, REFERENTIEL_JETONS=env) as port:
        bases = [lecteur() for _ in range(LECTEURS)]

        def lire(n: int) -> None:
            jeton = jetons[f"lecteur{n}"]
            while not arret.is_set():
                try:
                    # Twenty thousand rows: several fetches, so that a release may change in the middle of an answer.
                    lignes = demander(bases[n], port, "select territoire, valeur from observations", jeton)
                    valeurs = {valeur for _, valeur in lignes}
                    if len(lignes) != LIGNES or len(valeurs) != 1:
                        fautes.append(f"{len(lignes)} lignes, releases {valeurs}")
                    lues[n] |= valeurs
                except duckdb.Error as erreur:
                    fautes.append(str(erreur)[:200])

        fils = [threading.Thread(target=lire, args=(n,)) for n in range(LECTEURS)]
        for fil in fils:
            fil.start()
        debut, numero = time.monotonic(), 1
        while time.monotonic() - debut < DUREE:
            time.sleep(2)
            numero += 1
            publier(data, numero)
        attendre(lambda: (sante(port) or {}).get("release", "").startswith(f"2026-01-01-{numero:06d}"), 30)
        arret.set()
        for fil in fils:
            fil.join(60)
    assert not fautes, fautes[:5]
    assert all(lues), "un lecteur n'a jamais été servi"
    assert len(set().union(*lues)) >= 3, (
        f"les releases n'ont pas changé sous les lecteurs : {set().union(*lues)}"
    )
    ecrites = [ligne for ligne in lignes_du_journal(data) if ligne.get("resultat") == "ok"]
    assert {ligne["lecteur"] for ligne in ecrites} == set(jetons)
    assert {ligne["lignes"] for ligne in ecrites} == {LIGNES}


def test_a_session_keeps_its_release_and_the_next_one_has_the_new(data) -> None:
    with service(data) as port:
        base = lecteur()
        base.execute(f"attach 'quack:127.0.0.1:{port}' as r (token '{JETON}')")
        assert base.execute("select distinct valeur from r.observations").fetchall() == [(1,)]
        nom = publier(data, 2)
        attendre(lambda: (sante(port) or {}).get("release") == nom, 20)
        assert base.execute("select distinct valeur from r.observations").fetchall() == [(1,)]
        assert demander(lecteur(), port, "select distinct valeur from observations") == [(2,)]
        base.execute("detach r")
        base.execute(f"attach 'quack:127.0.0.1:{port}' as r (token '{JETON}')")
        assert base.execute("from r.query('from serie(7)')").fetchall() == [(2,)]


def test_an_unreadable_release_leaves_the_last_good_one(data) -> None:
    with service(data) as port:
        nom = publier(data, 2)
        attendre(lambda: (sante(port) or {}).get("release") == nom, 20)
        mauvaise = data / "published" / "2026-01-01-000003-abcdef01"
        publier(data, 3)
        (mauvaise / "referentiel.duckdb").write_bytes(b"pas une base")
        attendre(
            lambda: (
                any(ligne.get("evenement") == "release_illisible" for ligne in lignes_du_journal(data))
                or (sante(port) or {}).get("release") == mauvaise.name
            ),
            20,
        )
        assert demander(lecteur(), port, "select max(valeur) from observations")[0][0] in (2, 3)


@pytest.mark.parametrize(
    ("sql", "lignes"),
    [
        ("select 42", 1),
        ("from observations limit 0", 0),
        ("from observations where territoire < 3000", 3000),
        ("select i, 1.5::decimal(18,2), 'texte', [i, 2], {'a': i} from range(50000) t(i)", 50_000),
        ("select null, i from range(2048) t(i)", 2048),
        ("select repeat('a', 300) from range(10000)", 10_000),
        ("from serie(3)", 1),
    ],
)
def test_journal_counts_the_rows(data_ouverte, sql: str, lignes: int) -> None:
    data, port, base = data_ouverte
    assert len(demander(base, port, sql)) == lignes
    attendre(lambda: any(ligne.get("requete") == sql for ligne in lignes_du_journal(data)), 10)
    ligne = next(ligne for ligne in lignes_du_journal(data) if ligne.get("requete") == sql)
    assert (ligne["lecteur"], ligne["lignes"], ligne["resultat"]) == ("alice", lignes, "ok")
    assert (
        ligne["duree_ms"] > 0 and ligne["quand"].startswith("20") and ligne["release"].endswith("-abcdef01")
    )


def test_journal_says_what_was_refused_or_failed(data_ouverte) -> None:
    data, port, base = data_ouverte
    for sql, resultat in (("drop table observations", "refus"), ("from inconnue", "erreur")):
        with pytest.raises(duckdb.Error):
            demander(base, port, sql)
        attendre(lambda sql=sql: any(ligne.get("requete") == sql for ligne in lignes_du_journal(data)), 5)
        ligne = next(ligne for ligne in lignes_du_journal(data) if ligne.get("requete") == sql)
        assert ligne["resultat"] == resultat and ligne["message"] and ligne["lignes"] is None
    assert JETON not in "".join(f.read_text(encoding="utf-8") for f in (data / "service").iterdir())


@pytest.fixture(scope="module")
def data_ouverte(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("journal")
    publier(dossier, 1)
    with service(dossier) as port:
        yield dossier, port, lecteur()
