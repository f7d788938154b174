"""Turns expectations into Great Expectations suites, runs them on frames, and reads the outcome back.

An ephemeral context on pandas frames: through duckdb-engine Great Expectations answers every expectation with
an error that looks like bad data (its issue 11579). An exception is therefore always our fault, never the
data's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from expectations import frames
from expectations.columns import lines, listed, number, shown
from expectations.library import (
    DataContextConfig,
    EphemeralDataContext,
    ExpectationSuite,
    ExpectationValidationResult,
    FailureSeverity,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
    get_expectation_impl,
    gx,
)
from expectations.model import GX_SEVERITY, Controle, Expectation, ExpectationFault, Suite

FRAMES = "cadres"  # what the library calls the source, the asset and the batch of all that is judged


@dataclass
class Judgement:
    """What one suite gave: its rows for `controles`, our faults, and the results that Data Docs shows."""

    suite: Suite
    controles: list[Controle] = field(default_factory=list)
    fautes: list[str] = field(default_factory=list)
    results: list[ExpectationValidationResult] = field(default_factory=list)


def context() -> EphemeralDataContext:
    """A Great Expectations context that lives in memory, says nothing on the network and draws no bars."""
    # Without this setting every context leaves a folder of its own in the machine's temporary folder.
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    made = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
    made.variables.progress_bars = ProgressBarsConfig(globally=False)
    # One asset for every frame: each more makes the library write its whole configuration again.
    asset = made.data_sources.add_pandas(name=FRAMES).add_dataframe_asset(name=FRAMES)
    asset.add_batch_definition_whole_dataframe(FRAMES)
    return made


def judge(
    ctx: EphemeralDataContext,
    suite: Suite,
    connection: duckdb.DuckDBPyConnection,
    region: str,
    has_previous: bool,
) -> Judgement:
    """Judges one suite on the candidate behind `connection` (see frames.candidate)."""
    judgement = Judgement(suite)
    if not frames.has_table(connection, suite.table):
        judgement.fautes.append(f"{suite.nom} : la table {suite.table} manque dans la candidate.")
        return judgement
    groups: dict[tuple[str, tuple[str, ...]], list[Expectation]] = {}
    for expectation in suite.attentes:
        reason = _not_concerned(expectation, region, has_previous)
        if reason:
            judgement.controles.append(_controle(suite, expectation, "sans_objet", reason))
        else:
            groups.setdefault((expectation.requete, expectation.ou), []).append(expectation)
    definition = ctx.data_sources.get(FRAMES).get_asset(FRAMES).get_batch_definition(FRAMES)
    for rank, ((query, places), expectations) in enumerate(groups.items(), start=1):
        try:
            data = frames.frame(connection, query)
        except ExpectationFault as fault:
            judgement.fautes.append(f"{suite.nom}, {', '.join(e.id for e in expectations)} : {fault}")
            continue
        judged = _drop_empty(judgement, data, expectations)
        if not judged:
            continue
        result = definition.get_batch({"dataframe": data}).validate(
            ExpectationSuite(name=f"{suite.nom}_{rank:02d}", expectations=_build(judged, judgement)),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(places)},
        )
        by_id = {e.id: e for e in judged}
        for one in result.results:
            if one.expectation_config is not None:
                _read(judgement, by_id[one.expectation_config.meta["attente"]], one, data)
    return judgement


def _not_concerned(expectation: Expectation, region: str, has_previous: bool) -> str:
    if expectation.region and expectation.region != region:
        return f"ne s'applique qu'à la région {expectation.region}"
    if expectation.precedente and not has_previous:
        return "pas de release précédente à laquelle comparer"
    return ""


def _drop_empty(
    judgement: Judgement, data: pd.DataFrame, expectations: list[Expectation]
) -> list[Expectation]:
    """On an empty frame Great Expectations finds everything true: say instead that nothing was looked at."""
    if len(data):
        return expectations
    rest = []
    for expectation in expectations:
        if expectation.vide == "permis":
            judgement.controles.append(
                _controle(judgement.suite, expectation, "reussi", "aucune ligne concernée")
            )
        elif expectation.type.startswith("expect_table_row_count"):
            rest.append(expectation)
        else:
            judgement.controles.append(
                _controle(
                    judgement.suite, expectation, _failure(expectation), "rien à contrôler : aucune ligne"
                )
            )
    return rest


def _build(expectations: list[Expectation], judgement: Judgement) -> list[Any]:
    built = []
    for expectation in expectations:
        try:
            built.append(
                get_expectation_impl(expectation.type)(
                    **expectation.kwargs,
                    severity=FailureSeverity(GX_SEVERITY[expectation.severite]),
                    description=expectation.phrase,
                    meta={
                        "attente": expectation.id,
                        "raison": expectation.raison,
                        "historique": list(expectation.historique),
                    },
                )
            )
        # The library raises many kinds here; all mean that our suite file is wrong.
        except Exception as error:
            judgement.fautes.append(
                f"{judgement.suite.nom}.{expectation.id} : Great Expectations refuse cette attente : {error}"
            )
    return built


def _read(
    judgement: Judgement, expectation: Expectation, result: ExpectationValidationResult, data: pd.DataFrame
) -> None:
    judgement.results.append(result)
    message = exception_message(result.exception_info)
    if message is not None:
        judgement.fautes.append(f"{judgement.suite.nom}.{expectation.id} : {message}")
        return
    if result.success:
        said = f"{lines(len(data))} contrôlées" if len(data) else "aucun cas"
        judgement.controles.append(_controle(judgement.suite, expectation, "reussi", said))
        return
    rows = failing(result, data, expectation.ou)
    text = detail(result, rows, len(data))
    judgement.controles.append(
        _controle(judgement.suite, expectation, _failure(expectation), text, tuple(rows or ()))
    )


def _failure(expectation: Expectation) -> Any:
    return "echoue" if expectation.severite == "bloquant" else "averti"


def exception_message(info: dict[str, Any] | None) -> str | None:
    """The message of the exception hidden in a result, or None. The library nests it by metric, or not."""
    if not info:
        return None
    for entry in [info, *info.values()]:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message") or "exception sans message")
    return None


def failing(
    result: ExpectationValidationResult, data: pd.DataFrame, places: tuple[str, ...]
) -> list[dict[str, Any]] | None:
    """The rows that fail, by the columns of `ou`; None when the expectation speaks of the whole table and
    names no row."""
    rows = result.result.get("unexpected_index_list")
    if rows and not isinstance(rows[0], dict):
        return [{"valeur": value} for value in result.result.get("partial_unexpected_list", [])]
    if rows is not None:
        return list(rows)
    # A frame that lists suspects is itself what fails.
    return data[list(places)].to_dict("records") if places else None


def detail(result: ExpectationValidationResult, rows: list[dict[str, Any]] | None, looked_at: int) -> str:
    """Where it fails, in words: the first rows and how many there are in all."""
    if rows is None:
        return f"constaté : {shown(result.result.get('observed_value'))}"
    total = "" if len(rows) == looked_at else f" sur {number(looked_at)}"
    return f"{lines(len(rows))}{total} : {listed(rows, len(rows))}"


def _controle(
    suite: Suite,
    expectation: Expectation,
    resultat: Any,
    text: str,
    rows: tuple[dict[str, Any], ...] = (),
) -> Controle:
    return Controle(
        expectation.id,
        "publication",
        expectation.severite,
        resultat,
        suite.table,
        expectation.phrase,
        text,
        rows,
        expectation.vigilance,
    )
