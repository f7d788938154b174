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
    where o.indicateur = un_indicateur and o.territoire = un_territoire and o.modalite = '_T'
    order by o.date_fin;
