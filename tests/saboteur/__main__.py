"""`PYTHONPATH=. python tests/saboteur DATA`: the whole matrix, kinds by datasets, as a table (development; the tests run a part)."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import fautes
from attaque import Outcome, attacker, detection, report
from propre import prepare
from rebuild import Plan


def campaign(plan: Plan, source: str, faults: dict[str, str], journal: Path | None) -> list[Outcome]:
    """Some faults of one source, one after the other; each is written in the journal as soon as it is judged."""
    found: list[Outcome] = []
    if not faults:
        return found
    with attacker(plan, source) as one:
        for name, query in faults.items():
            start = time.monotonic()
            outcome = one.attack(name, query)
            outcome.seconds = time.monotonic() - start
            outcome.le = f"{datetime.now(UTC):%Y-%m-%d}"
            print(
                f"{outcome.status:10} {outcome.seconds:5.1f} s  {source} | {name} | {outcome.damaged} | {outcome.reasons[:2]}",
                flush=True,
            )
            if journal:
                with journal.open("a", encoding="utf-8") as handle:
                    handle.write(json.dumps(dataclasses.asdict(outcome), ensure_ascii=False) + "\n")
            found.append(outcome)
    return found


def read(journal: Path) -> list[Outcome]:
    """What a journal holds, the last run of each fault on each dataset; a kind that is no more written is left out."""
    if not journal.exists():
        return []
    lines = [Outcome(**json.loads(line)) for line in journal.read_text(encoding="utf-8").splitlines()]
    last = {(o.source, o.kind): o for o in lines}
    return [o for o in last.values() if o.kind in fautes.KINDS]


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument(
        "data",
        type=Path,
        help="dossier de travail : la candidate propre y est faite si elle n'y est pas encore",
    )
    options.add_argument("sources", nargs="*")
    options.add_argument("--fautes", nargs="*", help="quelques fautes seulement")
    options.add_argument("--par-faute", type=int, help="nombre de jeux sur lesquels chaque faute est essayée")
    options.add_argument("--processus", type=int, default=2)
    options.add_argument(
        "--journal", type=Path, help="une ligne par attaque ; ce qui y est déjà n'est pas refait"
    )
    options.add_argument("--rapport", type=Path, help="la détection par nature, d'après le journal")
    given = options.parse_args()
    plan = prepare(given.data)
    known = read(given.journal) if given.journal else []
    done = {(o.source, o.kind) for o in known}
    faults = {
        source: {
            k: q
            for k, q in found.items()
            if (not given.fautes or k in given.fautes) and (source, k) not in done
        }
        for source, found in fautes.matrix(given.par_faute).items()
        if not given.sources or source in given.sources
    }
    everything: list[Outcome] = []
    with ProcessPoolExecutor(given.processus) as pool:
        futures = [(s, pool.submit(campaign, plan, s, f, given.journal)) for s, f in faults.items()]
        for source, future in futures:
            try:
                outcomes = future.result()
            except Exception as error:  # a baseline that is refused is printed, the others go on
                print("ÉCHEC", source, str(error)[:1500])
                continue
            everything += outcomes
            print(
                source,
                Counter(o.status for o in outcomes),
                f"{sum(o.seconds for o in outcomes):.0f} s",
                flush=True,
            )
    if given.rapport:
        given.rapport.write_text(report(known + everything), encoding="utf-8")
    print(detection(everything))
    for o in everything:
        if o.status not in ("non_vu", "arrete") and o.named:
            continue
        print(
            "anonyme" if not o.named else o.status,
            "|",
            o.source,
            "|",
            o.kind,
            "|",
            o.damaged,
            "|",
            [r[:160] for r in o.reasons][:2],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
