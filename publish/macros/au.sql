-- au(date '2024-01-15') : toute la table `observations` telle qu'on la connaissait ce jour-là (chiffres reçus, sommes et calculs), dans la
-- géographie d'aujourd'hui. Elle refait le travail des modèles sur les versions de ce jour : quelques secondes.
create or replace macro au(un_jour) as table
    with livraisons_connues as (
        select
            source,
            partition,
            livraison,
            publie_le,
            coalesce(publie_le, recu_le) as connu_le,
            row_number() over (
                partition by source, partition
                order by coalesce(publie_le, recu_le) desc, recu_le desc, livraison desc
            ) as recence
        from livraisons
        where resultat = 'nouveau' and coalesce(publie_le, recu_le) < cast(un_jour as date) + interval 1 day
    ),

    int_observations_en_vigueur as (
        select
            h.indicateur,
            split_part(h.territoire, '-', 1) as type_territoire,
            substr(h.territoire, instr(h.territoire, '-') + 1) as code_territoire,
            h.millesime_cog as cog,
            h.periode,
            h.modalite,
            h.valeur,
            h.statut,
            h.confidentialite,
            h.marque_producteur,
            h.methode,
            h.motif,
            h.n_unites,
            h.part_max,
            h.priorite,
            h.correction,
            h.source,
            h.partition as partie,
            l.livraison,
            l.publie_le,
            l.connu_le
        from observations_historique as h
        inner join livraisons_connues as l
            on h.source = l.source and h.partition is not distinct from l.partition and l.recence = 1
        where
            h.connu_du < cast(un_jour as date) + interval 1 day
            and (h.connu_jusqua is null or h.connu_jusqua >= cast(un_jour as date) + interval 1 day)
            and not h.est_retrait
    ),

    -- publish/au.py puts the chain of the models here
    observations as (select * from int_observations_en_vigueur)

    select * from observations;
