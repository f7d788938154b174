"""A run end to end on a scripted producer: outcomes, landing, replay, and what a kill leaves behind."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from extraction_helpers import Producer, definition, say
from rich.console import Console

from extract import landing
from extract.archive import Archive
from extract.attempt import reading_digest
from extract.definitions import Definition
from extract.errors import ContextMismatch, RunLocked
from extract.replay import replay
from extract.run import RunSummary, run_sources
from extract.settings import Settings
from extract.summary import print_summary
from extract.transport import Policy

PATH = "/www.insee.fr/essai.csv"
BODY = b"CODE;VALEUR\n01;1,5\n02;s\n"
QUIET = Console(file=io.StringIO())


def _run(
    settings: Settings, *sources: Definition, only: list[str] | None = None, **options: Any
) -> RunSummary:
    known = {one.source: one for one in sources or (definition(),)}
    policy = Policy(attempts=2, sleep=lambda _: None)
    return run_sources(settings, only, definitions=known, console=QUIET, policy=policy, **options)


def _table(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def test_first_delivery_lands_as_text(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY, Last_Modified="Thu, 18 Dec 2025 12:00:16 GMT")
    summary = _run(settings)
    (result,) = summary.results
    assert (result.resultat, result.lignes, result.ecart) == ("nouveau", 2, "première livraison")
    assert result.livraison is not None and result.livraison.startswith("insee__essai-20251218-")
    rows = _table(landing.delivery_path(settings, "insee__essai", result.livraison))
    same = {"_livraison": result.livraison, "_partition": None}
    assert rows == [
        {"CODE": "01", "VALEUR": "1,5", **same, "_ligne": 1},
        {"CODE": "02", "VALEUR": "s", **same, "_ligne": 2},
    ]
    (told,) = _table(settings.landing / "_livraisons.parquet")
    assert told["sha256"] == Archive(settings.archive).accepted()[0]["objets"][0]
    assert told["publie_le"].isoformat() == "2025-12-18T12:00:16" and told["http_statut"] == 200
    (source,) = _table(settings.landing / "_sources.parquet")
    assert source["cle_requise"] is False and source["titre"] == "Un jeu d'essai"
    assert source["partitions"] is None
    empty = pq.read_table(settings.landing / "insee__essai" / "_schema.parquet")
    assert (empty.num_rows, empty.column_names) == (
        0,
        ["CODE", "VALEUR", "_livraison", "_partition", "_ligne"],
    )


def test_unchanged_by_304_by_bytes_and_by_rows(producer: Producer, settings: Settings) -> None:
    seen = producer.requests
    producer.serve_in_turn(
        PATH, say(200, BODY, ETag='"a"'), say(304), say(200, BODY), say(200, BODY.replace(b"\n", b"\r\n"))
    )
    assert _run(settings).results[0].resultat == "nouveau"
    before = landing.fingerprint(settings)
    reasons = []
    for _ in range(3):
        (result,) = _run(settings).results
        assert result.resultat == "inchange" and result.lignes == 2
        reasons.append(result.motif)
    assert seen[1]["entetes"]["If-None-Match"] == '"a"'
    assert ["304" in reasons[0], "mêmes octets" in reasons[1], "autre enveloppe" in reasons[2]] == [True] * 3
    assert landing.fingerprint(settings) == before
    assert len(_table(settings.landing / "_livraisons.parquet")) == 4
    assert _run(settings, complete=True).results[0].resultat == "inchange"
    assert "If-None-Match" not in seen[-1]["entetes"]


def test_revision_tells_the_difference_and_keeps_both(producer: Producer, settings: Settings) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), say(200, BODY + b"03;4\n"))
    first = _run(settings).results[0]
    before = landing.fingerprint(settings)
    second = _run(settings).results[0]
    assert (second.resultat, second.ecart) == ("nouveau", "+1 lignes")
    assert first.livraison != second.livraison
    assert len(list((settings.landing / "insee__essai").glob("insee__essai*.parquet"))) == 2
    assert landing.fingerprint(settings) != before


def test_bytes_that_come_back_make_a_new_delivery(producer: Producer, settings: Settings) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), say(200, BODY + b"03;4\n"), say(200, BODY))
    names = [_run(settings).results[0].livraison for _ in range(3)]
    assert len(set(names)) == 3 and names[2] == f"{names[0]}-2"


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        (say(200, b"<html>captcha</html>"), "refuse", "page web"),
        (say(200, b"CODE;AUTRE\n01;1\n"), "refuse", "colonne inconnue : AUTRE"),
        (say(200, b"CODE;VALEUR\n01;1\n01;2\n"), "refuse", "double"),
        (say(404), "echec", "introuvable (404)"),
        (
            say(500, "Le serveur a rencontré une erreur inattendue.".encode()),
            "echec",
            "HTTP 500 : Le serveur",
        ),
        (say(503), "echec", "HTTP 503"),
    ],
)
def test_bad_answer_is_archived_and_the_others_go_on(
    answer: Any, outcome: str, said: str, producer: Producer, settings: Settings
) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), answer)
    producer.serve_in_turn("/www.insee.fr/b.csv", say(200, BODY), say(200, BODY + b"03;4\n"))
    other = definition("insee__autre", acces={"url": "https://www.insee.fr/b.csv"})
    _run(settings, definition(), other)
    good = {path.name for path in (settings.landing / "insee__essai").iterdir()}
    summary = _run(settings, definition(), other)
    results = {one.source: one for one in summary.results}
    assert results["insee__essai"].resultat == outcome and said in results["insee__essai"].motif
    assert results["insee__autre"].resultat == "nouveau"
    assert {path.name for path in (settings.landing / "insee__essai").iterdir()} == good
    archive = Archive(settings.archive)
    record = [one for one in archive.deliveries() if one["source"] == "insee__essai"][-1]
    for exchange in record["echanges"]:
        assert archive.object_path(exchange["sha256"]).exists()
    assert summary.joint and not summary.fautes


def test_source_without_its_key_is_ignored(producer: Producer, settings: Settings, monkeypatch: Any) -> None:
    monkeypatch.delenv("ESSAI_KEY", raising=False)
    key = {"variable": "ESSAI_KEY", "entete": "Authorization", "forme": "Apikey {cle}", "obtenir": "demander"}
    closed = definition(cle=key)
    (result,) = _run(settings, closed).results
    assert result.resultat == "ignore" and "ESSAI_KEY" in result.motif and not producer.requests
    monkeypatch.setenv("ESSAI_KEY", "s3cr3t")
    producer.serve(PATH, BODY)
    assert _run(settings, closed).results[0].resultat == "nouveau"
    assert producer.requests[0]["entetes"]["Authorization"] == "Apikey s3cr3t"
    for path in settings.data.rglob("*"):
        assert not path.is_file() or b"s3cr3t" not in path.read_bytes()


def test_nobody_reached(settings: Settings) -> None:
    dead = replace(settings, producteurs="http://127.0.0.1:9")
    summary = _run(dead)
    assert not summary.joint and summary.results[0].resultat == "echec"
    assert not (settings.archive / "contexte.json").exists()
    output = io.StringIO()
    print_summary(summary, Console(file=output, width=120))
    assert "Aucun producteur n'a pu être joint" in output.getvalue()
    assert "connexion refusée" in output.getvalue()


def test_one_dead_host_of_many_is_a_failed_source_not_a_dead_network(
    producer: Producer, settings: Settings
) -> None:
    producer.serve("/a.csv", BODY)
    live = [definition(f"insee__{n}", acces={"url": f"{producer.url}/a.csv"}) for n in ("un", "deux")]
    dead = [
        definition(f"insee__mort_{port}", acces={"url": f"http://127.0.0.1:{port}/a.csv"})
        for port in (9, 11, 13)
    ]
    real, every = replace(settings, producteurs=None), (*live, *dead)

    def joint(*due: Definition) -> bool:
        return _run(real, *every, due=lambda _archive, one, _part: one in due).joint

    assert not joint(dead[0]), "nothing was ever received: there is nothing to go on with"
    assert joint(*live, *dead), "another producer answered"
    assert joint(dead[0]), "one host of four does not speak for the others"
    assert not joint(*dead), "most hosts were asked and none answered"
    assert joint(), "nothing due is nothing asked"
    (result,) = _run(real, *every, only=["insee__mort_9"]).results
    assert result.resultat == "echec" and "connexion refusée" in result.motif


def test_archive_of_another_context_is_refused_before_anyone_is_asked(
    producer: Producer, settings: Settings
) -> None:
    producer.serve(PATH, BODY)
    _run(settings)
    before, asked = landing.fingerprint(settings), len(producer.requests)
    real = definition(acces={"url": f"{producer.url}{PATH}"})
    for other in (replace(settings, region="53"), replace(settings, producteurs=None)):
        with pytest.raises(ContextMismatch, match="région 28"):
            _run(other, real)
    assert len(producer.requests) == asked and landing.fingerprint(settings) == before


def test_archive_in_which_nothing_landed_belongs_to_nobody(producer: Producer, settings: Settings) -> None:
    producer.serve_in_turn(PATH, say(404), say(200, BODY))
    assert _run(settings).results[0].resultat == "echec"
    assert _run(replace(settings, region="53")).results[0].resultat == "nouveau"


def test_replay_rebuilds_the_same_files_without_network(producer: Producer, settings: Settings) -> None:
    producer.serve_in_turn(PATH, say(200, BODY), say(200, BODY + b"03;4\n"))
    sources = {"insee__essai": definition()}
    for _ in range(2):
        _run(settings)
    before = {path: path.read_bytes() for path in settings.landing.glob("*/*.parquet")}
    for path in before:
        path.unlink()
    producer.answers.clear()
    asked = len(producer.requests)
    results = replay(settings, Archive(settings.archive), sources)
    assert [(one.lignes, one.motif) for one in results] == [(2, ""), (3, "")]
    assert {path: path.read_bytes() for path in settings.landing.glob("*/*.parquet")} == before
    assert len(producer.requests) == asked


def test_run_repairs_what_a_kill_left(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    name = _run(settings).results[0].livraison
    assert name is not None
    good = landing.delivery_path(settings, "insee__essai", name)
    rows = good.read_bytes()
    orphan = good.with_name("insee__essai-20990101-00000000.parquet")
    orphan.write_bytes(rows)
    for folder in (settings.archive / "tmp", good.parent):
        (folder / ".tmp-1-x").write_bytes(b"half")
    unpacked = settings.archive / "tmp" / "lecture-1" / "contenu"
    unpacked.parent.mkdir()
    unpacked.write_bytes(b"half")
    good.unlink()
    with (settings.archive / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"type":"livraison","sou')
    summary = _run(settings)
    assert summary.relues == [name] and summary.results[0].resultat == "inchange"
    assert good.read_bytes() == rows and not orphan.exists()
    assert not list(settings.data.rglob(".tmp-*")) and not unpacked.parent.exists()


def test_changed_yaml_reads_the_archive_again(producer: Producer, settings: Settings) -> None:
    producer.serve(PATH, BODY)
    name = _run(settings).results[0].livraison
    narrower = definition(attendu={"colonnes": ["CODE"], "colonnes_ignorees": ["VALEUR"], "lignes_min": 1})
    summary = _run(settings, narrower)
    assert summary.relues == [name] and summary.results[0].resultat == "inchange"
    assert name is not None
    landed = pq.read_table(landing.delivery_path(settings, "insee__essai", name))
    assert landed.column_names == ["CODE", "_livraison", "_partition", "_ligne"]


def test_corrected_reading_code_reads_the_archive_again(
    producer: Producer, settings: Settings, monkeypatch: Any
) -> None:
    producer.serve(PATH, BODY)
    name = _run(settings).results[0].livraison
    part = definition().part(None, settings)
    rules = json.dumps([part.lecture, part.attendu], ensure_ascii=False, sort_keys=True)
    # the stamp of before there was a version: what older archives landed is not read again for nothing
    assert reading_digest(part) == hashlib.sha256(rules.encode()).hexdigest()
    assert _run(settings).relues == []
    monkeypatch.setattr("extract.attempt.READING_VERSION", 2)
    assert _run(settings).relues == [name]
    assert _run(settings).relues == []


def test_partitions_are_separate_deliveries(producer: Producer, settings: Settings) -> None:
    producer.serve("/x/2019", BODY)
    producer.serve("/x/2020", BODY.replace(b"CODE", b"COM"))
    renamed = {"colonnes": ["COM", "VALEUR"], "renommer": {"COM": "CODE"}, "lignes_min": 1}
    source = definition(
        partitions={
            "2019": {"acces": {"url": "https://x/2019"}},
            "2020": {"acces": {"url": "https://x/2020"}, "attendu": renamed},
            "2021": {},
        },
        acces={},
    )
    results = _run(settings, source).results
    assert [(one.partition, one.resultat) for one in results] == [("2019", "nouveau"), ("2020", "nouveau")]
    rows = pq.read_table(settings.landing / "insee__essai").to_pylist()
    assert {(row["_partition"], row["CODE"]) for row in rows} == {
        (year, code) for year in ("2019", "2020") for code in ("01", "02")
    }
    (told,) = _table(settings.landing / "_sources.parquet")
    assert told["partitions"] == ["2019", "2020"], "the other one only comes by deposit"


def test_two_runs_at_once_are_refused(settings: Settings) -> None:
    settings.archive.mkdir(parents=True)
    handle = os.open(settings.archive / "verrou", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(RunLocked, match="autre extraction"):
            _run(settings)
    finally:
        os.close(handle)


def test_fault_of_ours_is_told_apart(producer: Producer, settings: Settings, monkeypatch: Any) -> None:
    producer.serve(PATH, BODY)

    def broken(*_: Any) -> str:
        raise TypeError("bug")

    monkeypatch.setattr("extract.landing.content_hash", broken)
    summary = _run(settings)
    assert summary.fautes and "défaut de notre programme : TypeError bug" in summary.results[0].motif
