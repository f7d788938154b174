"""Insee BDM: its error message and its list of dataflows.

The list is in the shape that `pynsee.macrodata.get_dataset_list` reads. Only the flows that the replica
holds whole are listed, with the number of series it serves.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from werkzeug import Request, Response

from extract.replica.app import ReplicaApp

MES = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
COM = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"
STR = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure"

NOT_FOUND = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<mes:Error xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" '
    'xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">'
    '<mes:ErrorMessage code="100"><com:Text>Aucun résultat ne correspond à cette requête.</com:Text>'
    "</mes:ErrorMessage></mes:Error>"
)
XML = "application/xml;charset=UTF-8"


def dataflow(request: Request, app: ReplicaApp, flow: str = "all") -> Response:
    """`dataflow`, `dataflow/FR1`, `dataflow/FR1/all` or `dataflow/FR1/<flow>`."""
    rows = app.figures.dicts(
        """select f.flux, f.titre_fr, f.titre_en, f.page, count(*) as series
        from bdm_flux f join bdm_series s using (flux) group by all order by f.flux"""
    )
    rows = [row for row in rows if flow in ("all", row["flux"])]
    if not rows:
        return Response(NOT_FOUND, status=404, content_type=XML)
    return Response(_head(flow) + "".join(map(_item, rows)) + _TAIL, content_type=XML)


def _item(row: dict[str, object]) -> str:
    flow = escape(str(row["flux"]))
    return (
        f'<str:Dataflow id="{flow}" urn="urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=FR1:{flow}(1.0)" '
        'agencyID="FR1" version="1.0"><com:Annotations>'
        f"<com:Annotation><com:AnnotationURL>{escape(str(row['page']))}</com:AnnotationURL></com:Annotation>"
        f'<com:Annotation><com:AnnotationText xml:lang="fr">'
        f"Nombre de séries : {row['series']}</com:AnnotationText>"
        "</com:Annotation></com:Annotations>"
        f'<com:Name xml:lang="fr">{escape(str(row["titre_fr"]))}</com:Name>'
        f'<com:Name xml:lang="en">{escape(str(row["titre_en"]))}</com:Name>'
        f'<str:Structure><Ref id="{flow}" version="1.0" '
        'agencyID="FR1" package="datastructure" class="DataStructure"/>'
        "</str:Structure></str:Dataflow>"
    )


def _head(flow: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>'
        f'<mes:Structure xmlns:mes="{MES}" xmlns:com="{COM}" xmlns:str="{STR}">'
        f"<mes:Header><mes:ID>dataflows_{escape(flow)}</mes:ID><mes:Test>false</mes:Test>"
        '<mes:Sender id="FR1"><com:Name xml:lang="fr">'
        "Institut national de la statistique et des études économiques"
        ""
        '</com:Name></mes:Sender><mes:Receiver id="unknown"/>'
        '<mes:Source xml:lang="fr">Banque de données macro-économiques</mes:Source></mes:Header>'
        "<mes:Structures><str:Dataflows>"
    )


_TAIL = "</str:Dataflows></mes:Structures></mes:Structure>"
