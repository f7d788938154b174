{{ config(materialized='par_indicateur') }}
-- What the release withholds although its producer prints it, and why.
with cases as (
    select * from {{ ref('int_secret_cases') }}
),

totaux as (
    select distinct
        t.porteur as indicateur,
        t.type_territoire,
        t.code_territoire,
        t.periode,
        t.modalite_porteur as modalite
    from {{ ref('int_secret_totaux') }} as t
    left join {{ ref('int_secret_choix') }} as c
        on
            t.indicateur = c.indicateur and t.periode = c.periode and t.modalite = c.modalite and t.niveau = c.niveau
            and t.code_territoire = c.code_territoire
    where coalesce(c.est_garde, 0) = 0
),

-- A printed ratio beside one of its terms gives the other.
ratios as (
    select distinct
        p.indicateur,
        p.type_territoire,
        p.code_territoire,
        p.periode,
        p.modalite
    from {{ ref('int_observations_publiees') }} as p
    inner join {{ ref('dictionnaire') }} as d on p.indicateur = d.indicateur
    inner join cases as c
        on
            p.type_territoire = c.type_territoire and p.code_territoire = c.code_territoire and p.periode = c.periode
            and (
                (
                    d.numerateur = c.indicateur
                    and case when coalesce(nullif(d.numerateur_modalite, ''), p.modalite) = '_T' then '_T' else '*' end = c.modalite
                )
                or (
                    d.denominateur = c.indicateur
                    and case when coalesce(nullif(d.denominateur_modalite, ''), p.modalite) = '_T' then '_T' else '*' end = c.modalite
                )
            )
    where p.valeur is not null and d.calcul = 'publie' and d.numerateur <> '' and d.denominateur <> ''
),

toutes as (
    select
        indicateur,
        type_territoire,
        code_territoire,
        periode,
        modalite,
        case nature
            when 'detail' then 'Retenu : avec le reste du détail, ce chiffre rendrait un chiffre couvert par le secret.'
            when 'partie' then 'Retenu : avec les autres parties, ce chiffre rendrait le total, couvert par le secret.'
            else 'Retenu : ce chiffre rendrait celui d''une commune d''une autre géographie, couvert par le secret.'
        end as motif
    from cases
    where nature <> 'primaire'
    union all
    select
        *,
        'Retenu : ce chiffre, moins ses parties publiées, rendrait une case couverte par le secret statistique.'
    from totaux
    union all
    select
        *,
        'Retenu : ce ratio et l''un de ses termes rendraient l''autre, couvert par le secret statistique.'
    from ratios
)

select
    p.indicateur,
    p.type_territoire,
    p.code_territoire,
    p.periode,
    p.modalite,
    min(t.motif) as motif
from toutes as t
inner join {{ ref('int_observations_publiees') }} as p
    on
        t.indicateur = p.indicateur and t.type_territoire = p.type_territoire and t.code_territoire = p.code_territoire
        and t.periode = p.periode and (t.modalite = p.modalite or (t.modalite = '*' and p.modalite <> '_T'))
-- what the producer hides stays marked as its own
where p.confidentialite <> 'C'
group by p.indicateur, p.type_territoire, p.code_territoire, p.periode, p.modalite
