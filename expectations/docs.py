"""Great Expectations' Data Docs of a judgement: one page per suite."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from expectations.judge import Judgement

SITE = "qualite"


def data_docs(ctx: EphemeralDataContext, judgements: list[Judgement], folder: Path, moment: datetime) -> None:
    """Writes Data Docs under `folder`: one page per suite, whatever the number of frames it was read on."""
    run = RunIdentifier(run_name=f"{moment:%Y-%m-%d %H:%M}", run_time=moment)
    for judgement in judgements:
        name, results = judgement.suite.nom, judgement.results
        suite = gx.ExpectationSuite(name=name, meta={"table": judgement.suite.table})
        for result in results:
            if result.expectation_config is None:
                continue
            suite.add_expectation_configuration(result.expectation_config)
        ctx.suites.add(suite)
        good = sum(bool(r.success) for r in results)
        merged = ExpectationSuiteValidationResult(
            success=good == len(results),
            results=results,
            suite_name=name,
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": good,
                "unsuccessful_expectations": len(results) - good,
                "success_percent": 100 * good / len(results) if results else None,
            },
            meta={
                "great_expectations_version": gx.__version__,
                "run_id": run,
                "batch_spec": {},
                "active_batch_definition": {
                    "datasource_name": "candidat",
                    "data_connector_name": "fluent",
                    "data_asset_name": judgement.suite.table,
                    "batch_identifiers": {},
                },
            },
        )
        ctx.validation_results_store.set(
            ValidationResultIdentifier(ExpectationSuiteIdentifier(name=name), run, f"candidat-{name}"), merged
        )
    for site in list(ctx.get_site_names()):
        ctx.delete_data_docs_site(site)
    ctx.add_data_docs_site(
        site_name=SITE,
        site_config={
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder.resolve()),
            },
        },
    )
    ctx.build_data_docs(site_names=[SITE])
    # The library copies its own tutorial pictures (2 MB) into every site.
    for picture in (folder / "static" / "images").glob("*.gif"):
        picture.unlink()
    shutil.rmtree(folder / "static" / "fonts", ignore_errors=True)
