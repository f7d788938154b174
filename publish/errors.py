"""The exit codes of the CONTRACT and the faults of this side of the house."""

from __future__ import annotations

import errno

PUBLISHED = 0
REFUSED = 1
FAULT = 2
LOCKED = 3
UNREACHABLE = 4


class PublishFault(Exception):
    """Our own fault or a wrong request of the operator (exit 2); the message is French and says what to
    do."""


NO_MEMORY = (
    "Mémoire insuffisante ({}). Rien n'est publié, les lecteurs gardent la release en cours. Il faut 2 Gio."
)
# What the dynamic linker and the system say where no exception has a name of its own.
SAID_OF_MEMORY = ("failed to map segment", "cannot allocate memory", "can't start new thread")


def lacks_memory(error: BaseException) -> bool:
    """Whether an exception, or what it was raised from, says that the process had no more memory."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if (
            isinstance(cause, MemoryError)
            or type(cause).__name__ == "OutOfMemoryException"  # DuckDB's; not imported for its name only
            or (isinstance(cause, OSError) and cause.errno == errno.ENOMEM)
            or any(said in str(cause).lower() for said in SAID_OF_MEMORY)
        ):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def ours(error: Exception) -> str:
    """The message for an exception that nothing expected (French); its trace is printed beside."""
    first = (str(error).strip().splitlines() or ["sans autre mot"])[0]
    return (
        f"Faute de notre programme ({type(error).__name__} : {first}). Les lecteurs gardent la release en"
        " cours. La trace que cette exécution a imprimée est à transmettre aux développeurs."
    )


def no_memory(error: BaseException | str) -> str:
    """The message for a process that lacked memory (French), from what it raised or was seen to do."""
    lines = str(error).strip().splitlines()
    return NO_MEMORY.format(lines[0] if lines else type(error).__name__)
