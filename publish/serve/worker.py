"""A worker process: one release, opened read-only behind Quack on the loopback, until its standard input
closes.

Receives one JSON line on standard input (database, token, memory in MiB, threads, port) and answers one
line when ready. The token travels there, not on the command line, where any user of the machine would read
it.
"""

from __future__ import annotations

import json
import resource
import sys

import duckdb
import duckdb_extensions

MARGIN = 3 * 2**30  # address space beyond twice the memory: code, stacks, the mapping of the file


def main() -> None:
    """Serves until the parent goes away: standard input is its pipe."""
    asked = json.loads(sys.stdin.readline())
    limit = asked["memoire_mio"] * 2**20 * 2 + MARGIN
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # httpfs is there for its random numbers only (Quack draws session ids from it); external access
    # is off before the port opens.
    for name in ("httpfs", "quack"):
        duckdb_extensions.import_extension(name)
    connection = duckdb.connect(
        asked["base"],
        read_only=True,
        config={
            "memory_limit": f"{asked['memoire_mio']}MiB",
            "threads": asked["fils"],
            "temp_directory": "",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_persistent_secrets": "false",
        },
    )
    connection.execute("load httpfs")
    connection.execute("load quack")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    connection.execute(f"call quack_serve('quack:127.0.0.1:{asked['port']}', token := '{asked['jeton']}')")
    macros = connection.execute(
        "select distinct function_name from duckdb_functions()"
        " where not internal and function_type = 'table_macro'"
    ).fetchall()
    print(json.dumps({"pret": True, "macros": sorted(name for (name,) in macros)}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
