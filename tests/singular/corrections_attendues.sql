-- A correction whose figure the producer does not write any more (it fixed its own error, or hides the figure), that points at nothing, or
-- that does not say what to do. A correction of a place outside the release, or of a source never received, waits.
-- The words of each go to whoever wrote the line.
{% set fautes %}
with corrections as (
    select * from {{ ref('int_corrections') }}
),

figures as (
    select
        indicateur,
        type_territoire || '-' || code_territoire as territoire,
        periode,
        modalite,
        valeur,
        correction,
        confidentialite
    from {{ ref('int_observations_en_vigueur') }}
),

recues as (
    select distinct indicateur
    from figures
)

select
    c.indicateur,
    c.territoire,
    c.periode,
    c.modalite,
    case
        when d.indicateur is null then 'Indicateur inconnu du dictionnaire.'
        when c.action not in ('remplacer', 'supprimer') then 'Action inconnue : remplacer ou supprimer.'
        when c.action = 'remplacer' and c.valeur is null then 'Remplacer par quoi ? La valeur manque.'
        when c.raison is null or c.auteur is null or c.corrige_le is null then 'Raison, auteur ou date manquent.'
        when f.indicateur is null then 'Aucun chiffre reçu ne correspond à cette ligne.'
        else 'Le producteur n''écrit plus ce que la ligne attend : la relire, sans doute la retirer.'
    end as faute
from corrections as c
left join {{ ref('dictionnaire') }} as d on c.indicateur = d.indicateur
left join recues as r on c.indicateur = r.indicateur
left join {{ ref('int_territoires') }} as t on c.territoire = t.territoire
left join figures as f
    on c.indicateur = f.indicateur and c.territoire = f.territoire and c.periode = f.periode and c.modalite = f.modalite
where
    d.indicateur is null
    or c.action not in ('remplacer', 'supprimer')
    or (c.action = 'remplacer' and c.valeur is null)
    or c.raison is null or c.auteur is null or c.corrige_le is null
    or (f.indicateur is null and r.indicateur is not null and t.territoire is not null)
    or (f.indicateur is not null and f.correction is null)
{% endset %}
{% if execute and flags.WHICH in ('build', 'test') %}
    {% set trouvees = run_query('select * from (' ~ fautes ~ ') as f order by 1, 2, 3, 4') %}
    {% if trouvees.rows | length > 0 %}
        {% set lignes = [] %}
        {% for f in trouvees.rows[:20] %}
            {% do lignes.append(f[0] ~ ', ' ~ f[1] ~ ', ' ~ f[2] ~ ('' if f[3] == '_T' else ' (' ~ f[3] ~ ')') ~ ' : ' ~ f[4]) %}
        {% endfor %}
        {{ exceptions.raise_compiler_error(
            'Saisie refusée, seeds/corrections.csv\n' ~ (lignes | join('\n'))
            ~ ('\n… et ' ~ (trouvees.rows | length - 20) ~ ' autres.' if trouvees.rows | length > 20 else '')
        ) }}
    {% endif %}
{% endif %}
{{ fautes }}
