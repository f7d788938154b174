"""What may go wrong in extraction, in the words of the journal: every error ends in one declared outcome."""

from __future__ import annotations

from pathlib import Path


class ExtractError(Exception):
    """Base of the declared errors; the message is French and is shown to users and kept in the journal."""


class SettingsError(ExtractError):
    """A setting (environment variable, seed) cannot be used; the message says which and what to do."""


class DefinitionError(ExtractError):
    """A source's yaml does not obey the schema; the message names the file and the field."""


class DeliveryRefused(ExtractError):
    """The producer answered, but not what the yaml expects: outcome `refuse`; the bytes are archived."""


class DeliveryFailed(ExtractError):
    """No usable answer could be had from the producer: outcome `echec`."""


class KeyMissing(ExtractError):
    """The source needs a key that the environment does not hold: outcome `ignore`."""


class ContextMismatch(ExtractError):
    """The archive belongs to another region or to another origin (replica or real producers)."""


class RunLocked(ExtractError):
    """Another run is writing to the same archive (exit code 3 of the contract)."""


class ClockWrong(ExtractError):
    """This machine's clock and a producer's differ by more than CLOCK_TOLERANCE: nothing may be dated so."""


class ArchiveDamaged(ExtractError):
    """An object of the archive is missing or no longer has the bytes that its name promises, a line of its
    journal or its context is not as it was written."""


class LayoutUnknown(ExtractError):
    """An archive or a release has a layout that this version of the code does not know."""


class WriteRefused(ExtractError):
    """The disk refuses a write (full, or not ours): nobody's failure but this machine's."""

    def __init__(self, folder: Path, error: Exception) -> None:
        super().__init__(
            f"Écriture impossible sous {folder} : {getattr(error, 'strerror', None) or error}. Vérifiez la"
            " place libre et les droits de l'utilisateur qui exécute (le dossier doit lui appartenir), puis"
            " relancez : rien n'est à moitié écrit."
        )


# What one source meets and every other would: the run stops.
FOR_ALL = (ArchiveDamaged, ContextMismatch, WriteRefused)
