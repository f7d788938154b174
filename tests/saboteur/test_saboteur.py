"""The judgement attacked: every fault is refused or listed for a human, and true news is neither."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import fautes
import pytest
from attaque import Outcome, attacker, detection, release_in_force
from rebuild import FIGURES, Plan, opened

# One fault of each great family, each on another dataset: what `make test` has the time for.
SHORT = [
    ("insee__taux_chomage", "multiplié par 1000 : un département"),
    ("insee__taux_chomage", "arrondi à l'entier : la dernière période"),
    ("insee__taux_chomage", "deux territoires échangés à la dernière période"),
    ("dares__demandeurs_emploi", "les chiffres d'avant resservis sous la nouvelle période"),
    ("dares__demandeurs_emploi", "majoré de 15 % : un territoire à la dernière période"),
    ("dares__demandeurs_emploi", "une période ancienne manque"),
    ("insee__filosofi_communes", "secret lu comme zéro"),
    ("insee__filosofi_communes", "deux colonnes échangées"),
    ("insee__filosofi_communes", "5 % des lignes perdues au hasard"),
]
# True news: a source as it was some periods ago, its last figures revised as its producer does.
# (source, rows kept, the release in force holds what ended before, how the last year is revised; the delivery keeps its date, and the golden figures
# admit a revision only from a later one: no golden period is in those years)
NEWS = [
    *[
        (
            "insee__taux_chomage",
            f"TIME_PERIOD <= '{y}-Q{q}'",
            f"{y}-{3 * q:02d}-28",
            "TIME_PERIOD >= '{year}'",
            y,
            "{n} + 0.1 * ((hash(REF_AREA) % 3)::int - 1)",
        )
        for y, q in [(2023, 2), (2022, 4), (2022, 1), (2021, 3), (2019, 4), (2018, 2), (2015, 3)]
    ],
    *[
        (
            "dares__demandeurs_emploi",
            f"date <= '{y}-T{q}'",
            f"{y}-{3 * q:02d}-28",
            "date >= '{year}'",
            y,
            "round({n} * (1 + 0.003 * ((hash(code_region) % 3)::int)))",
        )
        for y, q in [(2025, 2), (2024, 3), (2023, 4), (2022, 2), (2019, 1)]
    ],
    *[
        (
            "dares__interim",
            f"periode <= '{y}-T{q}'",
            f"{y}-{3 * q:02d}-28",
            "periode >= '{year}'",
            y,
            "{n} * (1 + 0.01 * ((hash(libelle) % 2)::int))",
        )
        for y, q in [(2025, 2), (2024, 1), (2022, 4)]
    ],
    *[
        ("insee__emploi_salarie", f"TIME_PERIOD <= '{y}-Q{q}'", f"{y}-{3 * q:02d}-28", "false", y, "{n}")
        for y, q in [(2022, 3), (2021, 4), (2019, 2)]
    ],
    *[
        ("bdf__defaillances", f"left(time_period, 4) <= '{y}'", f"{y}-12-28", "false", y, "{n}")
        for y in (2024, 2022, 2018)
    ],
    # a measure of crisis: whole sectors fall to a tenth in its last month
    *[
        ("dares__activite_partielle", f"mois <= '{last}'", f"{last}-15", "false", 2020, "{n}")
        for last in ("2020-12", "2021-01")
    ],
]


@pytest.mark.long
def test_a_rebuild_without_fault_gives_the_tables_of_dbt(plan: Plan) -> None:
    """Else the saboteur would attack something else than what is published."""
    for source in ("insee__taux_chomage", "insee__appartenance"):
        with opened(plan, source) as rebuild:
            clean = f"from read_parquet('{plan.landing / source}/*.parquet', union_by_name = true)"
            # in two times, as attacks do
            for verdict in (rebuild.first(clean, {"observations", "territoires"}), rebuild.rest()):
                assert verdict.code == 0, verdict.fautes or verdict.refus
            for table in (*FIGURES, "territoires", "appartenances"):
                ours, theirs = f"candidat.main.{table}", f"propre.main.{table}"
                for a, b in ((ours, theirs), (theirs, ours)):
                    missing = f"select count(*) from (select * from {a} except all select * from {b})"
                    assert rebuild.connection.execute(missing).fetchone() == (0,), f"{source}, {table}"


def campaign(plan: Plan, source: str, faults: dict[str, str]) -> list[Outcome]:
    with attacker(plan, source) as one:
        return [one.attack(name, query) for name, query in faults.items()]


def attacked(plan: Plan, by_source: dict[str, dict[str, str]]) -> list[Outcome]:
    """All the faults, on two processes."""
    with ProcessPoolExecutor(2) as pool:
        runs = [pool.submit(campaign, plan, source, faults) for source, faults in by_source.items()]
        return [outcome for run in runs for outcome in run.result()]


def told(outcomes: list[Outcome]) -> str:
    return "\n".join(
        f"{o.source} | {o.kind} | {o.damaged} chiffres faussés | {o.status} {o.reasons}" for o in outcomes
    )


@pytest.mark.long
def test_the_great_faults_are_refused_or_listed(plan: Plan) -> None:
    by_source: dict[str, dict[str, str]] = defaultdict(dict)
    for source, name in SHORT:
        query = fautes.KINDS[name](fautes.jeux()[source])
        assert query, f"{name} ne convient pas à {source}"
        by_source[source][name] = query
    outcomes = attacked(plan, by_source)
    missed = [o for o in outcomes if o.status not in ("refuse", "liste")]
    assert not missed, told(missed)
    unnamed = [o for o in outcomes if not o.named]
    assert not unnamed, f"refusés sans dire ce qui est faussé :\n{told(unnamed)}"


def test_there_are_at_least_sixty_kinds_and_each_fits_a_dataset() -> None:
    tried = {name for faults in fautes.matrix(1).values() for name in faults}
    assert len(tried) >= 60
    assert tried == set(fautes.KINDS)


@pytest.mark.campaign
def test_every_kind_is_refused_or_listed(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind on one dataset that it fits, the datasets taking turns, or on REFERENTIEL_SABOTEUR datasets (`tout`:
    on all). A fault that changes no figure by more than its usual revision has nothing to be seen by."""
    each = os.environ.get("REFERENTIEL_SABOTEUR", "1")
    outcomes = attacked(plan, fautes.matrix(None if each == "tout" else int(each)))
    table = detection(outcomes)
    (tmp_path / "detection.md").write_text(table, encoding="utf-8")
    with capsys.disabled():
        print(f"\n{table}\n{tmp_path / 'detection.md'}")
    # exit 2 publishes nothing, but says that we are wrong where the data are
    missed = [o for o in outcomes if o.status in ("non_vu", "arrete")]
    assert not missed, told(missed)
    unnamed = [o for o in outcomes if not o.named]
    assert not unnamed, f"refusés sans dire ce qui est faussé :\n{told(unnamed)}"
    assert sum(o.status in ("refuse", "liste") for o in outcomes) >= 0.8 * len(outcomes)


def delivered(plan: Plan, source: str) -> list[str]:
    """What is refused of the true news of one source."""
    alarms = []
    jeu = fautes.jeux()[source]
    with attacker(plan, source) as one:
        con = one.rebuild.connection
        for _, kept, before, revised, year, change in (n for n in NEWS if n[0] == source):
            release_in_force(con, one.rebuild.indicators, before)
            query = fautes.changed(jeu, revised.replace("{year}", str(year)), change)
            verdict = one.verdict(f"select * from ({query}) where {kept}")
            alarms += [f"{source} {kept} : {c.controle} {c.detail[:300]}" for c in verdict.refus]
            alarms += [f"{source} {kept} : {fault}" for fault in verdict.fautes]
    return alarms


@pytest.mark.long
def test_true_news_raises_no_alarm(plan: Plan) -> None:
    """Twenty rebuilds as they would have come, quarter after quarter, revised as producers do: none is refused."""
    assert len(NEWS) >= 20
    with ProcessPoolExecutor(2) as pool:
        runs = [pool.submit(delivered, plan, source) for source in dict.fromkeys(n[0] for n in NEWS)]
        alarms = [alarm for run in runs for alarm in run.result()]
    assert not alarms, "\n".join(alarms)
