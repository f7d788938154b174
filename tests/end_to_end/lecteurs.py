"""Readers of a release, many in one process: `python lecteurs.py <data folder> <how many>`.

Each opens what `current` points to, asks every table for its rows, keeps its session open a while, asks again,
and leaves. One JSON line per failure on standard output, and a last one with the number of answers when standard
input is closed.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from pathlib import Path

import duckdb

PAUSE = 2.5  # seconds that a session stays open between its two questions, and between two sessions


def ask(session: duckdb.DuckDBPyConnection, rows: dict[str, int]) -> None:
    """Every table has the rows that the manifest of its release says."""
    query = " union all ".join(f"select '{table}', count(*) from {table}" for table in rows)
    assert dict(session.execute(query).fetchall()) == rows


def read(world: Path, stop: threading.Event, answers: list[int]) -> None:
    """One reader, until `stop`."""
    while not stop.is_set():
        try:
            folder = (world / "published/current").resolve()
            rows = json.loads((folder / "manifeste.json").read_text(encoding="utf-8"))["lignes"]
            with duckdb.connect(
                str(folder / "referentiel.duckdb"), read_only=True, config={"threads": 1}
            ) as session:
                ask(session, rows)
                stop.wait(PAUSE)
                ask(session, rows)  # a session that began on a release ends on it, whatever was published
            answers.append(2)
        except Exception:
            print(json.dumps({"echec": traceback.format_exc()[-1500:]}), flush=True)
        stop.wait(PAUSE)


def main() -> None:
    """Reads until standard input is closed."""
    world, count = Path(sys.argv[1]), int(sys.argv[2])
    stop, answers = threading.Event(), list[int]()
    threads = [threading.Thread(target=read, args=(world, stop, answers)) for _ in range(count)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"reponses": sum(answers)}), flush=True)


if __name__ == "__main__":
    main()
