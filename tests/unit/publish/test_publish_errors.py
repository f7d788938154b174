"""An exception for want of memory is told as such, whoever raised it and under whatever name."""

from __future__ import annotations

import errno

import duckdb
import pytest

from publish.errors import lacks_memory, no_memory


def _from(cause: BaseException) -> Exception:
    try:
        try:
            raise cause
        except BaseException as error:
            raise RuntimeError("une étape a échoué") from error
    except RuntimeError as wrapped:
        return wrapped


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        duckdb.OutOfMemoryException("could not allocate block of size 256.0 KiB"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ImportError("_typst.abi3.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
)
def test_lack_of_memory_is_told(error: Exception) -> None:
    assert lacks_memory(error) and lacks_memory(_from(error))
    assert "Mémoire insuffisante" in no_memory(error)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), ValueError("x"), ImportError("y")])
def test_other_faults_are_not(error: Exception) -> None:
    assert not lacks_memory(error) and not lacks_memory(_from(error))
