"""What of Great Expectations' own imports is left until something asks for it."""

from __future__ import annotations

import subprocess
import sys

from extract.settings import PROJECT_ROOT

# The parts of SciPy and Altair that their own import runs.
ASKED = """
import sys
from expectations import docs, judge, library
judge.context()
print("scipy.linalg" in sys.modules, "altair.vegalite" in sys.modules)
from scipy import stats
import altair
print(stats.norm.cdf(0), altair.Chart().mark_bar().to_dict(validate=False)["mark"])
"""


def test_what_no_suite_uses_is_loaded_at_its_first_use_and_works() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines() == ["False False", "0.5 {'type': 'bar'}"], done.stderr
