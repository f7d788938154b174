"""The exit codes of the CONTRACT and the faults of this side of the house."""

from __future__ import annotations

PUBLISHED = 0
REFUSED = 1
FAULT = 2
LOCKED = 3
UNREACHABLE = 4


class PublishFault(Exception):
    """Our own fault or a wrong request of the operator (exit 2); the message is French and says what to
    do."""
