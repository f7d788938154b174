"""`make demo`: the whole run on the replica of the producers, then a screen worth looking at. No key, no
network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from extract.settings import Settings
from publish import screen
from publish.operations.refresh import refresh

DEMO_KEY = "cle-de-demonstration"  # the replica's own key, which opens nothing else


@contextmanager
def _environment(**changes: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def demo(console: Console, image: Path | None = None) -> int:
    """Starts the replica, runs the same job as `make refresh` against it, shows the result, stops the
    replica. `image`: where to write the screen as an SVG too (that of the READMEs is of a first run)."""
    from extract.replica.process import replica

    console.print(
        "[bold]Démonstration[/] : une réplique locale des producteurs sert de vrais chiffres, par HTTP.\n"
    )
    with (
        replica() as producers,
        _environment(REFERENTIEL_PRODUCTEURS=producers.url, WEBSTAT_API_KEY=DEMO_KEY),
    ):
        settings = Settings.from_env()
        outcome = refresh(settings, console)
    if outcome.release is not None and outcome.code == 0:
        screen.full(outcome, settings, console)
        if image is not None:
            image.write_text(screen.picture(outcome, settings), encoding="utf-8")
    else:
        screen.short(outcome, console)
    return outcome.code
