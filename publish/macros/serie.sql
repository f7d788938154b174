-- serie('taux_chomage_localise', 'REG-28') : toute la série d'un indicateur (total), de la plus ancienne à la plus récente période.
create or replace macro serie(un_indicateur, un_territoire) as table
    select
        o.periode,
        o.valeur,
        i.unite,
        o.statut,
        o.confidentialite,
        o.methode,
        o.millesime_cog,
        o.motif,
        o.publie_le,
        o.livraison
    from observations as o
    inner join indicateurs as i on o.indicateur = i.indicateur
    where
        o.indicateur = case
            when (
                select count(*) from indicateurs as x
                where x.indicateur = un_indicateur
            ) = 0
                then error('Indicateur inconnu : ' || coalesce(un_indicateur, 'NULL') || '. Voir la table indicateurs.')
            else un_indicateur
        end
        and o.territoire = case
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
        and o.modalite = '_T'
    order by o.date_fin;
