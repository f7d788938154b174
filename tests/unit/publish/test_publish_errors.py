"""An exception for want of memory is told as such, whoever raised it and under whatever name."""

from __future__ import annotations

import errno
import resource
from pathlib import Path

import duckdb
import pytest

from publish.errors import lacks_memory, no_memory, refuses_writes


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


def test_disk_that_refuses_a_write_is_told_under_any_name(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with duckdb.connect(str(tmp_path / "base.duckdb")) as connection:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))  # stands for a full disk
        try:
            with pytest.raises(duckdb.TransactionException) as refused:
                connection.execute(
                    "create table t as select random(), md5(i::varchar) from range(300000) as s(i)"
                )
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refuses_writes(refused.value)
    assert not refuses_writes(duckdb.TransactionException("Conflict on update!"))
