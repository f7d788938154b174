"""A SYNTHETIC release of a few communes, to see the adversary win. No figure here is real."""

from __future__ import annotations

import duckdb

# Two départements of region 28, five communes each (codes that no real commune bears); EPCI 1 = 14901-14903, EPCI 2 = 14904-14905.
COMMUNES = [f"{d}{n}" for d in ("14", "27") for n in range(901, 906)]
EPCI = {"14901": "1", "14902": "1", "14903": "1", "14904": "2", "14905": "2"}
VALUES = {code: 20.0 * n for n, code in enumerate(COMMUNES, start=1)}


class SyntheticRelease:
    """Tables of a release; figures are added one by one by the test."""

    def __init__(self) -> None:
        """Ten communes, their zones, one additive indicator and one ratio."""
        self.c = duckdb.connect()
        self.c.execute(
            "create table territoires (territoire varchar, type_territoire varchar, code_territoire varchar, code_region varchar,"
            " code_departement varchar, population_municipale bigint);"
            "create table appartenances (millesime_cog int, type_territoire varchar, code_territoire varchar, code_commune varchar);"
            "create table passages (cog_source int, code_source varchar, cog_cible int, code_cible varchar, poids double, nature varchar);"
            "create table indicateurs (indicateur varchar, agregation varchar, calcul varchar, niveau_fin varchar, absence varchar,"
            " numerateur varchar, numerateur_modalite varchar, denominateur varchar, denominateur_modalite varchar, facteur double,"
            " ponderation varchar, cle_repartition varchar default 'population');"
            "create table passages_par_cle (cle varchar, cog_source int, code_source varchar, cog_cible int, code_cible varchar, poids double);"
            "create table seuils_diffusion (indicateur varchar, regle varchar, est_applique boolean, indicateur_menages varchar,"
            " indicateur_personnes varchar, min_unites int, min_menages int, min_personnes int, part_max double, operateur varchar,"
            " protection_relative double, protection_absolue double, texte varchar);"
            "create table observations (indicateur varchar, territoire varchar, periode varchar, modalite varchar, valeur double,"
            " statut varchar, confidentialite varchar, methode varchar, millesime_cog int, n_unites bigint, part_max double);"
            "create table observations_historique (indicateur varchar, territoire varchar, periode varchar, modalite varchar,"
            " valeur double, confidentialite varchar, methode varchar, millesime_cog int, connu_jusqua timestamp);"
            "insert into indicateurs values ('compte', 'somme', 'publie', 'COM', 'manquante', null, null, null, null, 1, null, 'population'),"
            " ('autre', 'somme', 'publie', 'COM', 'manquante', null, null, null, null, 1, null, 'population'),"
            " ('part', 'ratio', 'publie', 'COM', 'manquante', 'compte', null, 'autre', null, 100, null, 'population');"
            "insert into seuils_diffusion values ('compte', 'entreprises', true, null, null, 3, null, null, 0.85, 'ou', 0.15, 3,"
            " 'Moins de 3 unités, ou une au-dessus de 85 %.');"
        )
        for code in COMMUNES:
            self.place("COM", code)
            self.member("DEP", code[:2], code)
            self.member("REG", "28", code)
            if code in EPCI:
                self.member("EPCI", EPCI[code], code)
            for cog in (2024, 2026):
                self.c.execute(
                    "insert into passages values (?, ?, 2026, ?, 1, 'identite')", [cog, code, code]
                )
        for kind, code in (("DEP", "14"), ("DEP", "27"), ("REG", "28"), ("EPCI", "1"), ("EPCI", "2")):
            self.place(kind, code)

    def place(self, kind: str, code: str) -> None:
        """A territory."""
        department = code[:2] if kind in ("COM", "DEP") else None
        self.c.execute(
            "insert into territoires values (?, ?, ?, '28', ?, 1)", [f"{kind}-{code}", kind, code, department]
        )

    def member(self, kind: str, zone: str, commune: str) -> None:
        """A commune of a zone."""
        self.c.execute("insert into appartenances values (2026, ?, ?, ?)", [kind, zone, commune])

    def merge(self, cog: int, parts: list[str], whole: str) -> None:
        """Communes of the vintage `cog` that today's commune `whole` gathers."""
        self.c.execute(
            "delete from passages where cog_source = ? and code_source in (select unnest(?))", [cog, parts]
        )
        for code in parts:
            self.c.execute("insert into passages values (?, ?, 2026, ?, 1, 'fusion')", [cog, code, whole])

    def figure(
        self, place: str, value: float | None, *, name: str = "compte", breakdown: str = "_T", cog: int = 2026,
        method: str = "publiee", units: int | None = None, share: float | None = None, secret: str = "C",
        history: bool = True, today: bool = True, until: str | None = None,
    ) -> None:  # fmt: skip
        """A figure of 2021, hidden when `value` is None."""
        status = "F" if value is not None else secret
        if today:
            self.c.execute(
                "insert into observations values (?, ?, '2021', ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    name,
                    place,
                    breakdown,
                    value,
                    "A" if value is not None else "Q",
                    status,
                    method,
                    cog,
                    units,
                    share,
                ],
            )
        if history and method == "publiee":
            self.c.execute(
                "insert into observations_historique values (?, ?, '2021', ?, ?, ?, ?, ?, cast(? as timestamp))",
                [name, place, breakdown, value, status, method, cog, until],
            )

    def communes(self, hidden: set[str], name: str = "compte") -> None:
        """Every commune with its value, but for those hidden."""
        for code in COMMUNES:
            self.figure(f"COM-{code}", None if code in hidden else VALUES[code], name=name)
