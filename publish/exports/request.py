"""What `make export` is asked, checked against the release before anything is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from publish import words
from publish.errors import PublishFault
from publish.exports.reports.batch import ALL

YES = {"1", "oui", "tout", "tous", "yes", "true"}
VARIABLES = (
    "PORTRAIT",
    "PORTRAITS",
    "CLASSEUR",
    "TERRITOIRES",
    "INDICATEURS",
    "MODELE",
    "TABLEAU_DE_BORD",
    "VRAC",
)
FORMATS = ("csv", "parquet", "geopackage", "geojson", "sdmx")


@dataclass(frozen=True)
class Request:
    """What to make. Empty when the whole bundle of the release is to be made again."""

    portraits: tuple[str, ...] = ()
    workbook: Path | None = None
    territories: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    template: Path | None = None
    dashboard: bool = False
    bulk: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True for a bare `make export`."""
        return not (self.portraits or self.workbook or self.dashboard or self.bulk)

    def reports(self) -> list[str]:
        """The names of what is printed for people to read and quote (bulk files are not)."""
        count = len(self.portraits)
        named = [f"portrait {self.portraits[0]}"] if count == 1 else []
        named += [f"{count} portraits, de {self.portraits[0]} à {self.portraits[-1]}"] if count > 1 else []
        named += [f"classeur {self.workbook.name}"] if self.workbook is not None else []
        return named + (["tableau de bord"] if self.dashboard else [])


@dataclass
class Names:
    """What a release knows: territories and indicators, by key and by label."""

    territories: dict[str, str]
    indicators: dict[str, str]
    themes: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, database: Path) -> Names:
        """From the tables `territoires` and `indicateurs`."""
        with duckdb.connect(str(database), read_only=True) as connection:
            territories = dict(
                connection.execute(
                    "select territoire, libelle from territoires order by type_territoire, code_territoire"
                ).fetchall()
            )
            rows = connection.execute(
                "select indicateur, libelle, theme from indicateurs order by ordre, indicateur"
            ).fetchall()
        names = cls(territories, {i: label for i, label, _ in rows})
        for indicator, _, theme in rows:
            names.themes.setdefault(theme, []).append(indicator)
        return names

    def territory(self, asked: str) -> str:
        """The key of a territory given by its key or its label. Raises PublishFault with the nearest."""
        wanted = asked.strip()
        if wanted in self.territories:
            return wanted
        same = [k for k, label in self.territories.items() if words.sort_key(label) == words.sort_key(wanted)]
        if len(same) == 1:
            return same[0]
        if same:
            raise PublishFault(
                f"« {wanted} » désigne plusieurs territoires : donner un code parmi {self._listed(same)}."
            )
        by_label = {words.sort_key(label): key for key, label in self.territories.items()}
        close = difflib.get_close_matches(wanted.upper(), list(self.territories), 3, 0.6)
        close += [
            by_label[m] for m in difflib.get_close_matches(words.sort_key(wanted), list(by_label), 3, 0.6)
        ]
        raise PublishFault(
            f"Territoire inconnu : {wanted}. "
            + self._near(close, self._listed)
            + 'Voir la table territoires : make sql QUERY="from territoires".'
        )

    def indicator(self, asked: str) -> list[str]:
        """Indicators named by their id or by a theme. Raises PublishFault with the nearest."""
        wanted = asked.strip()
        if wanted in self.indicators:
            return [wanted]
        for theme, members in self.themes.items():
            if words.sort_key(theme) == words.sort_key(wanted):
                return members
        by_label = {words.sort_key(label): key for key, label in self.indicators.items()}
        if words.sort_key(wanted) in by_label:
            return [by_label[words.sort_key(wanted)]]
        close = difflib.get_close_matches(wanted.casefold(), list(self.indicators), 3, 0.5)
        close += [
            by_label[m] for m in difflib.get_close_matches(words.sort_key(wanted), list(by_label), 2, 0.6)
        ]
        raise PublishFault(
            f"Indicateur ou thème inconnu : {wanted}. "
            + self._near(close, lambda k: ", ".join(dict.fromkeys(k)))
            + 'Voir la table indicateurs : make sql QUERY="from indicateurs".'
        )

    def _listed(self, keys: Iterable[str]) -> str:
        return ", ".join(f"{key} ({self.territories[key]})" for key in dict.fromkeys(keys))

    @staticmethod
    def _near(close: list[str], listed: object) -> str:
        return f"Vouliez-vous dire : {listed(close)} ? " if close else ""  # type: ignore[operator]


def parse(given: Mapping[str, str], names: Names) -> Request:
    """The request of `make export`'s variables. Raises PublishFault on the first that is not understood."""
    said = {name: given.get(name, "").strip() for name in VARIABLES}
    portraits = [names.territory(t) for t in _split(said["PORTRAIT"])]
    if said["PORTRAITS"]:
        portraits += _levels(said["PORTRAITS"], names)
    workbook = Path(said["CLASSEUR"]) if said["CLASSEUR"] else None
    if workbook is not None and workbook.suffix.lower() != ".xlsx":
        raise PublishFault(f"CLASSEUR={workbook} : le nom d'un classeur finit par .xlsx.")
    if workbook is None and (said["INDICATEURS"] or said["MODELE"] or said["TERRITOIRES"]):
        raise PublishFault("TERRITOIRES, INDICATEURS et MODELE vont avec CLASSEUR=nom.xlsx.")
    territories: list[str] = []
    for wanted in _split(said["TERRITOIRES"]):
        level = [t for t in names.territories if t.startswith(f"{wanted}-")]
        territories += level or [names.territory(wanted)]
    indicators = [i for wanted in _split(said["INDICATEURS"]) for i in names.indicator(wanted)]
    if workbook is not None and not territories:
        raise PublishFault("CLASSEUR=… demande TERRITOIRES=… : des codes ou un niveau (EPCI, DEP, ZE2020…).")
    template = Path(said["MODELE"]) if said["MODELE"] else None
    if template is not None and not template.is_file():
        raise PublishFault(f"MODELE={template} : ce fichier n'existe pas.")
    bulk = list(FORMATS) if said["VRAC"].casefold() in YES else [f.casefold() for f in _split(said["VRAC"])]
    for name in bulk:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, 1)
            hint = f" Vouliez-vous dire : {near[0]} ?" if near else ""
            raise PublishFault(
                f"VRAC={name} : format inconnu ; choisir parmi {', '.join(FORMATS)} ou tout.{hint}"
            )
    board = said["TABLEAU_DE_BORD"].casefold()
    if board and board not in YES | {"non", "0"}:
        raise PublishFault(f"TABLEAU_DE_BORD={said['TABLEAU_DE_BORD']} : répondre oui ou non.")
    return Request(
        tuple(dict.fromkeys(portraits)),
        workbook,
        tuple(dict.fromkeys(territories)),
        tuple(dict.fromkeys(indicators)),
        template,
        board in YES,
        tuple(bulk),
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _levels(text: str, names: Names) -> list[str]:
    if text.casefold() in YES:
        wanted: list[str] = list(ALL)
    else:
        wanted = [level.upper() for level in _split(text)]
    known = sorted({key.split("-", 1)[0] for key in names.territories})
    for level in wanted:
        if level not in known and level not in ALL:
            near = difflib.get_close_matches(level, known, 1)
            hint = f" Vouliez-vous dire : {near[0]} ?" if near else ""
            raise PublishFault(
                f"PORTRAITS={level} : niveau inconnu ; tous, ou des niveaux : {', '.join(known)}.{hint}"
            )
    return [key for level in wanted for key in names.territories if key.split("-", 1)[0] == level]
