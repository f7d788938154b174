-- portrait('EPCI-200065597') : les chiffres clés d'un territoire, dans l'ordre du dictionnaire.
create or replace macro portrait(un_territoire) as table
    select
        i.theme,
        i.libelle,
        c.periode,
        round(c.valeur, i.decimales::integer) as valeur,
        i.unite,
        round(c.variation, (case when c.unite_variation = 'points' then greatest(i.decimales, 1) else 1 end)::integer) as variation,
        c.unite_variation,
        round(c.valeur_departement, i.decimales::integer) as valeur_departement,
        round(c.valeur_region, i.decimales::integer) as valeur_region,
        round(c.valeur_france, i.decimales::integer) as valeur_france,
        c.rang,
        c.nombre_classes,
        c.statut,
        c.confidentialite,
        c.methode,
        c.motif,
        c.fiabilite,
        i.producteur
    from chiffres_cles as c
    inner join indicateurs as i on c.indicateur = i.indicateur
    where
        c.territoire = case
            when (
                select count(*) from territoires as x
                where x.territoire = un_territoire
            ) = 0
                then
                    error(
                        'Territoire inconnu : '
                        || coalesce(un_territoire, 'NULL')
                        || '. Une clé est un niveau, un tiret, un code (REG-28) : voir la table territoires.'
                    )
            else un_territoire
        end
    order by i.ordre;
