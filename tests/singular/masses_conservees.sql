-- For every additive indicator, period, breakdown and geography of origin: the sum over the region's communes is the same before the
-- journey to today's communes (no weight takes part in it) and after, to the unit. Communes whose figure is not given today, because a
-- part of them is secret or unknown, are left out of both sides; one that is not given although all its parts are known is a loss.
with recues as (
    select *
    from (
        select
            o.indicateur,
            o.code_territoire,
            o.cog,
            o.periode,
            o.modalite,
            o.valeur,
            row_number() over (
                partition by o.indicateur, o.code_territoire, o.cog, o.periode, o.modalite
                order by o.priorite asc, o.connu_le desc
            ) as rang
        from {{ ref('int_observations_recues') }} as o
        inner join {{ ref('dictionnaire') }} as d on o.indicateur = d.indicateur
        where o.type_territoire = 'COM' and o.est_en_vigueur and d.agregation = 'somme'{{ et_refaits('o.indicateur') }}
    ) as classees
    where rang = 1
),

apres as (
    select
        p.indicateur,
        p.code_territoire,
        p.cog,
        p.periode,
        p.modalite,
        p.valeur
    from {{ ref('int_observations_publiees') }} as p
    inner join {{ ref('int_communes') }} as c on p.code_territoire = c.code_commune
    inner join {{ ref('dictionnaire') }} as d on p.indicateur = d.indicateur
    where
        p.type_territoire = 'COM' and c.code_region = {{ region() }} and d.agregation = 'somme'{{ et_refaits('p.indicateur') }}
),

liens as (
    select
        r.indicateur,
        r.periode,
        r.modalite,
        r.cog,
        r.code_territoire as code_source,
        r.valeur,
        p.code_cible,
        a.code_territoire as code_present,
        a.cog as cog_present,
        a.valeur as valeur_presente
    from recues as r
    inner join {{ ref('int_passages') }} as p on r.cog = p.cog_source and r.code_territoire = p.code_source
    inner join {{ ref('int_communes') }} as c on p.code_cible = c.code_commune
    left join apres as a
        on
            r.indicateur = a.indicateur and r.periode = a.periode and r.modalite = a.modalite
            and p.code_cible = a.code_territoire
    where c.code_region = {{ region() }}
),

sources as (
    select
        indicateur,
        periode,
        modalite,
        cog,
        code_source,
        valeur,
        min(case when cog_present = cog and valeur_presente is not null then 1 else 0 end) as est_arrivee
    from liens
    group by indicateur, periode, modalite, cog, code_source, valeur
),

sommes_avant as (
    select
        indicateur,
        periode,
        modalite,
        cog,
        sum(case when est_arrivee = 1 then valeur end) as total
    from sources
    group by indicateur, periode, modalite, cog
),

sommes_apres as (
    select
        indicateur,
        periode,
        modalite,
        cog,
        sum(valeur) as total
    from apres
    group by indicateur, periode, modalite, cog
),

pertes as (
    select
        indicateur,
        periode,
        modalite,
        cog,
        code_cible,
        'perdue' as ecart,
        sum(valeur) as avant,
        cast(null as double) as apres
    from liens
    group by indicateur, periode, modalite, cog, code_cible
    having max(code_present) is null or (min(cog_present) = cog and count(valeur) = count(*) and max(valeur_presente) is null)
)

select
    coalesce(a.indicateur, b.indicateur) as indicateur,
    coalesce(a.periode, b.periode) as periode,
    coalesce(a.modalite, b.modalite) as modalite,
    coalesce(a.cog, b.cog) as cog,
    cast(null as string) as code_cible,
    'somme' as ecart,
    a.total as avant,
    b.total as apres
from sommes_avant as a
full outer join sommes_apres as b
    on a.indicateur = b.indicateur and a.periode = b.periode and a.modalite = b.modalite and a.cog = b.cog
where abs(coalesce(a.total, 0) - coalesce(b.total, 0)) > 0.5
union all
select
    indicateur,
    periode,
    modalite,
    cog,
    code_cible,
    ecart,
    avant,
    apres
from pertes
