{{ config(materialized='par_indicateur') }}
-- Ratios, evolutions and densities, as the dictionary says: divided after numerator and denominator were brought to the same place.
with base as (
    select
        *,
        {{ rang_periode('periode') }} as rang,
        {{ frequence_periode('periode') }} as frequence
    from {{ ref('int_observations_de_base') }}
),

definitions as (
    select
        *,
        -- A ratio that names no breakdown is computed for every breakdown that both its terms have.
        nullif(numerateur_modalite, '') as modalite_numerateur,
        nullif(denominateur_modalite, '') as modalite_denominateur
    from {{ ref('dictionnaire') }}
    where calcul <> 'publie'
),

ruptures as (
    select
        indicateur,
        {{ frequence_periode('periode') }} as frequence,
        {{ rang_periode('periode') }} as rang
    from {{ ref('ruptures') }}
),

termes as (
    select
        d.indicateur,
        d.calcul,
        d.facteur,
        d.decalage,
        n.type_territoire,
        n.code_territoire,
        n.periode,
        n.frequence,
        case when d.modalite_numerateur is null then n.modalite else '_T' end as modalite,
        n.valeur as numerateur,
        case when d.calcul = 'densite' then t.superficie_km2 else x.valeur end as denominateur,
        case
            when d.calcul like 'evolution%' and r.indicateur is not null then 'B'
            -- a break at one end of an evolution that does not cross it changes nothing
            when d.calcul like 'evolution%' and n.statut in ('A', 'B') then case when x.statut = 'B' then 'A' else x.statut end
            when n.statut = 'A' then coalesce(x.statut, 'A')
            else n.statut
        end as statut,
        case
            when 'C' in (n.confidentialite, x.confidentialite) then 'C'
            when 'D' in (n.confidentialite, x.confidentialite) then 'D'
            else 'F'
        end as confidentialite,
        n.n_unites,
        case when n.couverture is not null and x.couverture is not null then least(n.couverture, x.couverture) end as couverture,
        coalesce(n.motif, x.motif) as motif,
        n.cog,
        n.livraison,
        n.publie_le
    from definitions as d
    inner join base as n on d.numerateur = n.indicateur and coalesce(d.modalite_numerateur, n.modalite) = n.modalite
    left join base as x
        on
            x.indicateur = case when d.calcul = 'ratio' then d.denominateur else d.numerateur end
            and n.type_territoire = x.type_territoire and n.code_territoire = x.code_territoire
            and n.frequence = x.frequence and n.rang - coalesce(d.decalage, 0) = x.rang
            and coalesce(d.modalite_denominateur, n.modalite) = x.modalite
    left join ruptures as r
        on d.numerateur = r.indicateur and n.frequence = r.frequence and n.rang - d.decalage < r.rang and n.rang >= r.rang
    left join {{ ref('int_territoires') }} as t
        on n.type_territoire = t.type_territoire and n.code_territoire = t.code_territoire
    where
        -- Without its other term a figure is not computable: no row, rather than thousands of NULL.
        case when d.calcul = 'densite' then t.superficie_km2 is not null and n.modalite = '_T' else x.indicateur is not null end
),

resultats as (
    select
        *,
        case
            when numerateur is null or denominateur is null or denominateur = 0 then null
            when calcul in ('ratio', 'densite') then facteur * numerateur / denominateur
            when calcul = 'evolution' then facteur * (numerateur / denominateur - 1)
            when calcul = 'evolution_annuelle' and numerateur > 0
                then
                    facteur
                    * (
                        power(
                            numerateur / denominateur,
                            cast({{ periodes_par_an('frequence') }} as double) / decalage
                        ) - 1
                    )
        end as valeur
    from termes
)

select
    indicateur,
    type_territoire,
    code_territoire,
    periode,
    modalite,
    valeur,
    case when valeur is not null then statut when confidentialite in ('C', 'D') then 'Q' else 'O' end as statut,
    confidentialite,
    cast(null as string) as marque_producteur,
    'calculee' as methode,
    case
        when valeur is not null then null
        when denominateur = 0 then 'Le dénominateur est nul.'
        else coalesce(motif, 'Un des termes manque.')
    end as motif,
    case when valeur is not null then cast(1 as double) else couverture end as couverture,
    cog,
    case when valeur is not null then n_unites end as n_unites,
    cast(null as double) as part_max,
    livraison,
    publie_le
from resultats
