"""What sqlfluff's Jinja sees of dbt's `adapter`: enough to render dispatched macros without a connection."""

from collections.abc import Callable


def dispatch(name: str, package: str) -> Callable[..., str]:
    """Stand for any dispatched macro: a column name, whatever its arguments; a hint on a CTE is written out."""
    return lambda *arguments: "not materialized" if name == "sans_copie" else f"{package}_{name}"
