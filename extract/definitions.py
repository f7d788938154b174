"""The sources: one yaml each, validated offline against `definition.schema.json`, with the region's values
filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from extract import described
from extract.errors import DefinitionError
from extract.settings import Settings

SOURCES_FOLDER = Path(__file__).parent / "sources"
SCHEMA_PATH = Path(__file__).parent / "definition.schema.json"
TECHNICAL_COLUMNS = ("_livraison", "_partition", "_ligne")

# What each protocol must find under `acces`: at least one of each group.
NEEDED_ACCESS: dict[str, tuple[tuple[str, ...], ...]] = {
    "bdm": (("flux", "idbanks"),),
    "melodi": (("jeu",),),
    "opendatasoft": (("portail",), ("jeu",)),
    "datagouv": (("jeu",), ("ressource",)),
    "fichier": (("url",),),
    "parquet": (("url",), ("colonnes",), ("compter",)),
}


@dataclass(frozen=True)
class Part:
    """One (source, partition) as asked for one region: `acces` (templates filled), `lecture`, `attendu`."""

    source: str
    partition: str | None
    acces: dict[str, Any]
    lecture: dict[str, Any]
    attendu: dict[str, Any]

    @property
    def name(self) -> str:
        """How people read it: `source` or `source/partition`."""
        return self.source if self.partition is None else f"{self.source}/{self.partition}"

    @property
    def landing_columns(self) -> tuple[str, ...]:
        """The columns this part lands, in order, without the technical ones."""
        wanted = self.attendu
        columns: list[str] = []
        if "colonne_feuille" in self.lecture:
            columns.append(self.lecture["colonne_feuille"])
        columns += wanted.get("constantes", {})
        produced = [*wanted.get("colonnes", ()), *wanted.get("colonnes_facultatives", ())]
        renamed = wanted.get("renommer", {})
        columns += [renamed.get(column, column) for column in produced]
        if "depivoter" in wanted:
            columns += [wanted["depivoter"]["nom"], wanted["depivoter"]["valeur"]]
        return tuple(columns)


@dataclass(frozen=True)
class Definition:
    """One source. `raw` is the yaml as written; `parts(settings)` what is asked for a region."""

    source: str
    raw: dict[str, Any]
    path: Path | None = field(default=None, compare=False)

    def text(self, name: str) -> str:
        """A text of the yaml: titre, producteur, licence…"""
        return str(self.raw[name])

    @property
    def key(self) -> dict[str, str] | None:
        """How the producer wants its key, or None when it is open to all."""
        return self.raw.get("cle")

    @property
    def url(self) -> str:
        """The address to show for the whole source (before any region is filled in)."""
        acces = self._merged(self.asked[0])["acces"]
        match self.raw["protocole"]:
            case "bdm":
                return f"https://api.insee.fr/series/BDM/V1/data/{acces.get('flux', 'SERIES_BDM')}"
            case "melodi":
                return f"https://api.insee.fr/melodi/data/{acces['jeu']}"
            case "opendatasoft":
                return f"{acces['portail']}/explore/dataset/{acces['jeu']}/"
            case "datagouv":
                return f"https://www.data.gouv.fr/fr/datasets/{acces['jeu']}/"
            case _:
                return str(acces["url"])

    @property
    def partitions(self) -> tuple[str | None, ...]:
        """Names of the partitions, or (None,)."""
        return tuple(self.raw.get("partitions", {})) or (None,)

    @property
    def asked(self) -> tuple[str | None, ...]:
        """Partitions that are asked of the producer: those that say how. The others only come by deposit."""
        return tuple(one for one in self.partitions if self._merged(one)["acces"])

    def parts(self, settings: Settings) -> Iterator[Part]:
        """Every part to ask for, with `{region}` and `{departements}` filled in."""
        for partition in self.asked:
            yield self.part(partition, settings)

    def part(self, partition: str | None, settings: Settings) -> Part:
        """One part with the region filled in; raises SettingsError when the region has no département."""
        return Part(self.source, partition, **fill(self._merged(partition), settings))

    def deposited_as(self, part: Part) -> Iterator[tuple[str, Part]]:
        """The other forms under which a part may be deposited, by name."""
        for name, form in self.raw.get("depots", {}).items():
            yield (
                name,
                replace(
                    part,
                    lecture={**part.lecture, **form.get("lecture", {})},
                    attendu={**part.attendu, **form.get("attendu", {})},
                ),
            )

    def landing_columns(self) -> tuple[str, ...]:
        """Union of the columns of all parts, in order of appearance."""
        columns: dict[str, None] = {}
        for partition in self.partitions:
            columns |= dict.fromkeys(Part(self.source, partition, **self._merged(partition)).landing_columns)
        return tuple(columns)

    def _merged(self, partition: str | None) -> dict[str, dict[str, Any]]:
        own = self.raw.get("partitions", {}).get(partition, {}) if partition is not None else {}
        return {
            block: {**self.raw.get(block, {}), **own.get(block, {})}
            for block in ("acces", "lecture", "attendu")
        }


def fill(value: Any, settings: Settings) -> Any:
    """Replace `{region}` in texts; a list item with `{departements}` becomes one item per département."""
    if isinstance(value, str):
        return value.replace("{region}", settings.region)
    if isinstance(value, Mapping):
        return {key: fill(item, settings) for key, item in value.items()}
    if isinstance(value, list):
        filled: list[Any] = []
        for item in value:
            if isinstance(item, str) and "{departements}" in item:
                filled += [
                    fill(item.replace("{departements}", code), settings) for code in settings.departements
                ]
            else:
                filled.append(fill(item, settings))
        return filled
    return value


def expand(models: list[str], lists: Mapping[str, list[str]]) -> list[str]:
    """Every model with every combination of the lists it names: `A.{zone}` × {zone: [1, 2]} → A.1, A.2."""
    values: list[str] = []
    for model in models:
        names = [name for name in lists if "{" + name + "}" in model]
        for combination in itertools.product(*(lists[name] for name in names)):
            text = model
            for name, value in zip(names, combination, strict=True):
                text = text.replace("{" + name + "}", value)
            values.append(text)
    return list(dict.fromkeys(values))


def load(path: Path) -> Definition:
    """Read and validate one yaml; raises DefinitionError naming the file, the field and what is wrong."""
    raw = described.read(path, SCHEMA_PATH, DefinitionError)
    if problems := list(_beyond_schema(path.stem, raw)):
        raise DefinitionError(f"{path.name} : " + " ; ".join(problems))
    return Definition(path.stem, raw, path)


def load_all(folder: Path = SOURCES_FOLDER) -> dict[str, Definition]:
    """All sources by name, sorted."""
    return {path.stem: load(path) for path in sorted(folder.glob("*.yml"))}


def select(definitions: dict[str, Definition], only: list[str] | None) -> dict[str, Definition]:
    """The named sources, or all; raises DefinitionError with the near names when one is unknown."""
    if not only:
        return definitions
    unknown = [name for name in only if name not in definitions]
    if unknown:
        raise DefinitionError(f"Source inconnue : {', '.join(unknown)}. Sources : {', '.join(definitions)}.")
    return {name: definitions[name] for name in only}


def _beyond_schema(name: str, raw: dict[str, Any]) -> Iterator[str]:
    """What JSON schema cannot say: names, needed access fields, expressions that compile, columns that
    exist."""
    if not re.fullmatch(r"[a-z]+__[a-z0-9_]+", name):
        yield f"le fichier doit s'appeler <producteur>__<jeu>.yml, pas {name}.yml"
    definition = Definition(name, raw)
    if not definition.asked:
        yield "acces manque : rien n'est à demander au producteur"
    for partition in definition.partitions:
        part = Part(name, partition, **definition._merged(partition))
        where = f"partition {partition} : " if partition else ""
        yield from _part_faults(raw["protocole"], part, where)
        for form, other in definition.deposited_as(part):
            yield from _part_faults(raw["protocole"], other, f"{where}dépôt {form} : ")
            # an optional column of the landing may be absent from an older edition
            if strange := sorted(set(other.landing_columns) - set(definition.landing_columns())):
                yield f"{where}dépôt {form} : colonnes que le landing n'a pas : {', '.join(strange)}"


def _part_faults(protocol: str, part: Part, where: str) -> Iterator[str]:
    for group in NEEDED_ACCESS[protocol] if part.acces else ():
        if not any(entry in part.acces for entry in group):
            yield f"{where}acces doit dire {' ou '.join(group)}"
    if not part.attendu.get("colonnes") and "depivoter" not in part.attendu:
        yield f"{where}attendu.colonnes manque"
    if "lignes_min" not in part.attendu:
        yield f"{where}attendu.lignes_min manque"
    if protocol in ("opendatasoft", "datagouv", "fichier", "parquet") and "format" not in part.lecture:
        yield f"{where}lecture.format manque"
    expressions = [*part.attendu.get("colonnes_ignorees", ()), *part.attendu.get("motifs", {}).values()]
    expressions += [part.lecture.get("membre") or "", part.acces.get("ressource", "")]
    for expression in expressions:
        try:
            re.compile(expression)
        except re.error as error:
            yield f"{where}expression régulière fausse : {expression} ({error})"
    columns = part.landing_columns
    if len({column.lower() for column in columns}) != len(columns):
        yield f"{where}deux colonnes du même nom (majuscules ou non) : {', '.join(columns)}"
    named = {*part.attendu.get("cle", ()), *part.attendu.get("motifs", ())}
    named |= {*part.attendu.get("modalites", ()), *part.attendu.get("presentes", ())}
    if periods := part.attendu.get("periodes"):
        named.add(periods["colonne"])
    for column in sorted(named - set(columns)):
        yield f"{where}la colonne {column} (clé, motif, modalité, période) n'est pas dans le landing"
