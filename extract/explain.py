"""What would be asked, of whom, and what is expected: the yaml of a source told in French words."""

from __future__ import annotations

from collections.abc import Iterator

from extract.clients.opendatasoft import dataset_url, keys_asked
from extract.definitions import Definition, Part
from extract.settings import Settings


def explain(definition: Definition, settings: Settings) -> str:
    """Several lines of text, ending without a newline; raises SettingsError for a region without
    département."""
    return "\n".join(_lines(definition, settings))


def _lines(definition: Definition, settings: Settings) -> Iterator[str]:
    parts = list(definition.parts(settings))
    yield f"{definition.source} : {definition.text('titre')}"
    yield ""
    yield " ".join(definition.text("description").split())
    yield ""
    yield f"Producteur : {definition.text('producteur')} ({definition.text('frequence')})"
    yield (
        f"Licence : {definition.text('licence')} ; à écrire sous "
        f"les chiffres : « {definition.text('attribution')} »"
    )
    yield f"Page : {definition.text('page')}"
    if definition.key is not None:
        have = "présente" if settings.key(definition.key["variable"]) else "ABSENTE, la source sera ignorée"
        yield f"Clé : variable {definition.key['variable']} ({have}) ; {definition.key['obtenir']}"
    yield f"Région servie : {settings.region} ; on interroge {_whom(settings)}."
    told = [[*_asked(definition, part), *_expected(part)] for part in parts]
    shared = [line for line in told[0] if all(line in lines for lines in told)]
    if len(parts) > 1:
        yield f"{len(parts)} livraisons, une par partition ; pour chacune :"
    yield from ("  - " + line for line in shared)
    for part, lines in zip(parts, told, strict=True):
        if part.partition is not None:
            yield f"Partition {part.partition} :"
            yield from ("  - " + line for line in lines if line not in shared)
    if "depots" in definition.raw:
        yield f"Autres formes acceptées au dépôt : {', '.join(definition.raw['depots'])}."
    yield ""
    yield f"Colonnes du landing : {', '.join(definition.landing_columns())}."


def _whom(settings: Settings) -> str:
    return f"la réplique {settings.producteurs}" if settings.producteurs else "les producteurs"


def _asked(definition: Definition, part: Part) -> Iterator[str]:
    acces = part.acces
    match definition.text("protocole"):
        case "fichier":
            yield f"on demande un fichier : {acces['url']}"
            yield (
                "s'il n'a pas changé depuis la dernière bonne livraison (ETag, Last-Modified), on s'arrête là"
            )
        case "parquet":
            yield f"on lit la date d'un grand fichier : {acces['url']}"
            yield "si elle n'a pas bougé, on s'arrête là"
            yield f"DuckDB n'en lit, par morceaux, que les colonnes {', '.join(acces['colonnes'])}"
            for name, patterns in acces.get("filtres_like", {}).items():
                yield f"et les lignes où {name} suit {' ou '.join(patterns)}"
            yield f"les lignes de mêmes valeurs sont comptées ensemble ({acces['compter']})"
            yield "l'archive garde cette réponse, non le fichier"
        case "datagouv":
            yield f"on demande à data.gouv.fr la description du jeu {acces['jeu']}"
            yield (
                "puis la seule ressource dont le titre contient "
                f"« {acces['ressource']} », par son adresse stable"
            )
        case "bdm":
            what = (
                f"le flux {acces['flux']} en entier" if "flux" in acces else f"{len(acces['idbanks'])} séries"
            )
            yield f"pynsee demande à la BDM de l'Insee {what} (30 demandes par minute au plus)"
            yield (
                "le nombre d'observations rendues par pynsee doit "
                "être celui du message XML archivé, valeur par valeur"
            )
        case "melodi":
            yield (
                "on lit dans le catalogue Melodi la date du jeu "
                f"{acces['jeu']} ; si elle n'a pas bougé, on s'arrête là"
            )
            for name, values in acces.get("filtres", {}).items():
                yield f"pynsee demande les pages de {name} = {', '.join(values)}, un appel par valeur"
            yield "le nombre d'observations annoncé par la sonde doit être reçu, sans répétition"
        case "opendatasoft":
            yield f"on lit les métadonnées du jeu : {dataset_url(part)}"
            keys = keys_asked(part)
            if keys:
                yield f"on demande {len(keys)} séries, de {keys[0]} à {keys[-1]} ; chacune doit être reçue"
            for name, word in (("select", "colonnes"), ("where", "condition"), ("group_by", "regroupement")):
                if name in acces:
                    yield f"{word} : {acces[name].replace('{champs_annuels}', 'les champs annuels sommés')}"
            if "champs_annuels" in acces:
                yield (
                    f"les champs « {acces['champs_annuels']} » sont découverts dans les métadonnées et sommés"
                )
            if "group_by" not in acces and "champs_annuels" not in acces:
                yield "le nombre de lignes de l'export doit être celui que le portail annonce"


def _expected(part: Part) -> Iterator[str]:
    wanted, reading = part.attendu, part.lecture
    if reading:
        words = {"tableur": "un classeur", "csv": "un csv", "json": "une liste json", "geojson": "un GeoJSON"}
        detail = [words[reading["format"]]]
        if reading.get("membre"):
            detail.append(f"dans un zip (membre {reading['membre']})")
        if reading["format"] == "csv" and "encodage" in reading:
            detail.append(f"encodé en {reading['encodage']}, séparé par « {reading.get('separateur', ',')} »")
        if "feuilles" in reading:
            detail.append(
                f"feuilles {', '.join(reading['feuilles'])}, en-tête cherché par ses noms de colonnes"
            )
        yield "on attend " + ", ".join(detail)
    yield f"nombre de lignes lues : {wanted['lignes_min']} au moins"
    if "lignes_max" in wanted:
        yield f"au-dessus de {wanted['lignes_max']} lignes, la livraison est prise et le résumé le signale"
    if wanted.get("colonnes"):
        yield f"colonnes exigées : {', '.join(wanted['colonnes'])}"
    if "depivoter" in wanted:
        rule = wanted["depivoter"]
        yield f"les colonnes « {rule['colonnes']} » deviennent des lignes ({rule['nom']}, {rule['valeur']})"
    if wanted.get("colonnes_facultatives"):
        yield f"colonnes gardées si présentes : {', '.join(wanted['colonnes_facultatives'])}"
    if wanted.get("colonnes_ignorees"):
        yield f"colonnes connues et laissées dans l'archive : {', '.join(wanted['colonnes_ignorees'])}"
    yield "toute autre colonne fait refuser la livraison"
    if "cle" in wanted:
        yield f"pas deux lignes avec le même ({', '.join(wanted['cle'])})"
    if "periodes" in wanted:
        rule = wanted["periodes"]
        since = f", depuis {rule['depuis']}" if "depuis" in rule else ""
        yield f"{rule['colonne']} : toutes les périodes ({rule['forme']}){since}, sans trou"
    for column, pattern in wanted.get("motifs", {}).items():
        yield f"{column} suit {pattern}"
    for column, values in wanted.get("modalites", {}).items():
        yield f"{column} parmi {', '.join(values)}"
    for column, values in wanted.get("presentes", {}).items():
        yield f"{column} contient au moins {', '.join(values)}"
