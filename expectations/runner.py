"""Judges a candidate: dbt's own tests, then every suite, and says publish (0), refuse (1) or our fault
(2)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from expectations import dbt_results, suite
from expectations.columns import labels
from expectations.frames import candidate as open_candidate
from expectations.model import ExpectationFault, Verdict
from expectations.page import page


def run(
    candidate: Path,
    *,
    region: str,
    folder: Path,
    run_results: Path | None = None,
    manifest: Path | None = None,
    previous: Path | None = None,
    suites: Path = suite.FOLDER,
    title: str = "Contrôles de la release candidate",
    moment: datetime | None = None,
    data_docs: bool = True,
) -> Verdict:
    """Judges the DuckDB file `candidate` and writes `folder`/index.html and `folder`/data_docs/.

    `previous` is the file of the release that readers have now, for what compares two releases. When dbt
    itself refused or failed the tables may be half there: the suites are then not run, and the verdict is
    dbt's.
    """
    moment = moment or datetime.now(UTC)
    verdict, judgements, docs = Verdict(), [], None
    folder.mkdir(parents=True, exist_ok=True)
    if run_results is not None:
        verdict.extend(
            dbt_results.read(run_results, manifest or run_results.with_name("manifest.json"), candidate)
        )
    if verdict.code == 0:
        # Imported here: the library takes seconds to load, and "nothing new" must be told in one.
        from expectations import docs as reports
        from expectations import judge

        try:
            with open_candidate(candidate, region, previous, moment.date()) as connection:
                ctx = judge.context()
                for one in suite.load_all(suites):
                    judgement = judge.judge(ctx, one, connection, region, previous is not None)
                    verdict.controles += judgement.controles
                    verdict.fautes += judgement.fautes
                    judgements.append(judgement)
            if data_docs:
                reports.data_docs(ctx, judgements, folder / "data_docs", moment)
                docs = "data_docs/index.html"
        except ExpectationFault as fault:
            verdict.fautes.append(str(fault))
    (folder / "index.html").write_text(
        page(verdict, [j.suite for j in judgements], title, moment, docs, labels(candidate)), encoding="utf-8"
    )
    return verdict
