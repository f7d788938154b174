"""The code that turns archived bytes into landed rows does not change unseen: deliveries already landed keep the
rows that the former code made, until READING_VERSION says otherwise."""

from __future__ import annotations

import hashlib
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]
CONNU = Path(__file__).with_name("lecture_connue.sha256")
CODE = (
    *("extract/reading/*.py", "extract/clients/*.py", "extract/strict.py", "extract/deposit.py"),
    *("extract/exchanges.py", "extract/landing.py"),
)


def found() -> dict[str, str]:
    paths = sorted(path for pattern in CODE for path in RACINE.glob(pattern))
    return {
        path.relative_to(RACINE).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def test_code_that_reads_is_the_one_that_was_recorded() -> None:
    lines = (line.split("  ") for line in CONNU.read_text(encoding="utf-8").splitlines())
    known = {name: sha256 for sha256, name in lines}
    now = found()
    changed = sorted(name for name in known.keys() | now if known.get(name) != now.get(name))
    assert not changed, (
        f"{', '.join(changed)} : changed. If the same bytes may now give other rows, raise READING_VERSION in "
        "extract/attempt.py, so that what is landed is read again. In both cases, then record the code: "
        f"python {Path(__file__).relative_to(RACINE)}"
    )


if __name__ == "__main__":
    CONNU.write_text("".join(f"{sha256}  {name}\n" for name, sha256 in found().items()), encoding="utf-8")
