"""`python -m tests.adversaire BASE.duckdb`: attacks a release (or a candidate); exit code 1 when a hidden cell falls."""

import sys
from pathlib import Path

from tests.adversaire.attack import attack_base

if __name__ == "__main__":
    outcome = attack_base(Path(sys.argv[1]))
    print(outcome)
    sys.exit(1 if outcome.fallen else 0)
