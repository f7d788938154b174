"""The memory that the system lets a run have, checked before anything is asked: without enough of it a
process is killed, or waits for ever for a thread that was never born."""

from __future__ import annotations

import resource
from pathlib import Path

from publish import words
from publish.errors import PublishFault

# Measured on the replica's figures: what is addressed is far more than what is held.
ADDRESSES = 3 << 30  # bytes of addresses (ulimit -v): 2 GiB fail, 3 GiB suffice
RESIDENT = 3 << 29  # bytes held (a container, MemoryMax=): 1.25 GiB fail, 1.5 GiB suffice
GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def require() -> None:
    """Raises PublishFault when a limit on this process leaves less than a run needs."""
    addresses, held = address_limit(), group_limit()
    if addresses is not None and addresses < ADDRESSES:
        raise PublishFault(_said(addresses, "d'adresses (ulimit -v)", ADDRESSES))
    if held is not None and held < RESIDENT:
        raise PublishFault(_said(held, "(conteneur ou MemoryMax=)", RESIDENT))


def address_limit() -> int | None:
    """Bytes of addresses that this process may have; None without a limit."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def group_limit(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> int | None:
    """Bytes that the control groups of this process (version 1 or 2) let it hold; None without a limit."""
    if not own.is_file():
        return None
    found = []
    for line in own.read_text(encoding="utf-8").splitlines():
        _, controllers, place = line.split(":", 2)
        if controllers == "":
            folder, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            folder, name = groups / controllers, "memory.limit_in_bytes"
        else:
            continue
        mine = folder / place.lstrip("/")
        for level in (mine, *mine.parents):
            if (level / name).is_file():
                found.append((level / name).read_text(encoding="utf-8").strip())
            if level == folder:
                break
    return min((int(text) for text in found if text.isdigit()), default=None)


def _said(allowed: int, how: str, needed: int) -> str:
    return (
        f"Mémoire limitée à {words.size(allowed)} {how}, il en faut {words.size(needed)} au moins pour une"
        " exécution. Rien n'a été demandé ni écrit. Levez la limite et relancez."
    )
