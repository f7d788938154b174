-- The communes add up to the total of France that the producer gives, to the unit, every year: an absent commune is worth zero, and
-- nothing is hidden. The day this fails, `absence` must become `manquante` in the dictionary.
with communes as (
    select
        livraison_france.periode,
        livraison_france.effectifs_salaries as total,
        sum(c.effectifs_salaries) as somme
    from {{ en_vigueur('stg_urssaf__effectifs_salaries') }} as livraison_france
    left join {{ en_vigueur('stg_urssaf__effectifs_salaries') }} as c
        on livraison_france.periode = c.periode and c.type_territoire = 'COM'
    where livraison_france.type_territoire = 'FRANCE'
    group by livraison_france.periode, livraison_france.effectifs_salaries
)

select * from communes
where somme is distinct from total
