-- preuve('taux_chomage_localise', 'REG-28', '2023-T3') : du chiffre aux octets reçus. Une ligne pour le chiffre, puis une par terme
-- (numérateur, dénominateur, valeur antérieure) s'il est calculé, une par partie s'il est une somme, et une par commune d'origine s'il a
-- été porté d'une ancienne géographie (avec son poids). `ligne` est la ligne de la livraison qui porte le chiffre, la première s'il est
-- compté sur plusieurs (methode agregee), NULL sinon ; `modele` est le modèle qui a fait le chiffre, `code` l'empreinte du code de la
-- release.
create or replace macro preuve(un_indicateur, un_territoire, une_periode) as table
    with chiffre as (
        select * from observations
        where
            indicateur = case
                when (
                    select count(*) from indicateurs as x
                    where x.indicateur = un_indicateur
                ) = 0
                    then error('Indicateur inconnu : ' || coalesce(un_indicateur, 'NULL') || '. Voir la table indicateurs.')
                else un_indicateur
            end
            and territoire = case
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
            and periode = une_periode and modalite = '_T'
    ),

    termes as (
        select
            1 as ordre,
            'chiffre' as role,
            c.*
        from chiffre as c
        union all
        select
            2,
            'numérateur',
            o.*
        from chiffre as c
        inner join indicateurs as i on c.indicateur = i.indicateur and i.calcul <> 'publie'
        inner join observations as o
            on
                c.territoire = o.territoire and i.numerateur = o.indicateur and c.periode = o.periode
                and o.modalite = coalesce(i.numerateur_modalite, '_T')
        union all
        select
            3,
            'dénominateur',
            o.*
        from chiffre as c
        inner join indicateurs as i on c.indicateur = i.indicateur and i.calcul = 'ratio'
        inner join observations as o
            on
                c.territoire = o.territoire and i.denominateur = o.indicateur and c.periode = o.periode
                and o.modalite = coalesce(i.denominateur_modalite, '_T')
        union all
        select
            3,
            'valeur antérieure',
            o.*
        from chiffre as c
        inner join indicateurs as i on c.indicateur = i.indicateur and i.calcul in ('evolution', 'evolution_annuelle')
        inner join observations as o
            on
                c.territoire = o.territoire and i.numerateur = o.indicateur and o.modalite = '_T'
                -- the period `decalage` periods earlier, in months between two first days
                and date_diff('month', o.date_debut, c.date_debut)
                = i.decalage * case i.frequence when 'A' then 12 when 'T' then 3 when 'S' then 6 else 1 end
        union all
        -- the communes of a sum
        select
            4,
            'partie',
            o.*
        from chiffre as c
        inner join appartenances as a
            on
                c.territoire = a.type_territoire || '-' || a.code_territoire
                and a.millesime_cog = (select max(t.millesime_cog) from territoires as t)
        inner join observations as o
            on
                o.territoire = 'COM-' || a.code_commune and c.indicateur = o.indicateur and c.periode = o.periode
                and o.modalite = '_T'
        where c.methode = 'agregee'
        union all
        -- the départements of a region that has no communes to sum
        select
            4,
            'partie',
            o.*
        from chiffre as c
        inner join indicateurs as i on c.indicateur = i.indicateur and i.niveau_fin = 'DEP'
        inner join territoires as d on d.type_territoire = 'DEP' and c.territoire = 'REG-' || d.code_region
        inner join observations as o
            on d.territoire = o.territoire and c.indicateur = o.indicateur and c.periode = o.periode and o.modalite = '_T'
        where c.methode = 'agregee'
        union all
        -- those of a zone of the working group, which is then made of whole départements
        select
            4,
            'partie',
            o.*
        from chiffre as c
        inner join indicateurs as i on c.indicateur = i.indicateur and i.niveau_fin = 'DEP'
        inner join (
            select distinct
                z.code_territoire as projet,
                d.code_territoire as departement
            from appartenances as z
            inner join appartenances as d
                on z.code_commune = d.code_commune and z.millesime_cog = d.millesime_cog and d.type_territoire = 'DEP'
            where z.type_territoire = 'PROJET' and z.millesime_cog = (select max(t.millesime_cog) from territoires as t)
        ) as e on c.territoire = 'PROJET-' || e.projet
        inner join observations as o
            on
                o.territoire = 'DEP-' || e.departement and c.indicateur = o.indicateur and c.periode = o.periode
                and o.modalite = '_T'
        where c.methode = 'agregee'
        union all
        -- the breakdowns that a total adds up (short-time work by sector, labels by universe)
        select
            4,
            'partie',
            o.*
        from chiffre as c
        inner join observations as o
            on c.territoire = o.territoire and c.indicateur = o.indicateur and c.periode = o.periode and o.modalite <> '_T'
        inner join indicateurs as i
            on
                c.indicateur = i.indicateur
                and (i.niveau_fin = 'REG' or i.niveau_fin = 'DEP' and split_part(c.territoire, '-', 1) = 'DEP')
        where c.methode = 'agregee'
    ),

    -- The lines received: the figure's own, or those of the communes that it was carried from, with what share of each went to it.
    lignes as (
        select
            t.ordre,
            t.role,
            t.indicateur,
            t.territoire,
            t.periode,
            t.modalite,
            t.valeur,
            t.statut,
            t.methode,
            t.millesime_cog,
            cast(null as double) as poids,
            h.ligne,
            coalesce(h.livraison, t.livraison) as livraison
        from termes as t
        left join livraisons as d on t.livraison = d.livraison and d.resultat = 'nouveau'
        left join observations_historique as h
            on
                t.methode in ('publiee', 'agregee') and t.methode = h.methode
                and t.indicateur = h.indicateur and t.territoire = h.territoire and t.periode = h.periode
                and t.modalite = h.modalite and t.millesime_cog = h.millesime_cog
                and d.source = h.source
                and d.partition is not distinct from h.partition and h.connu_jusqua is null
        union all
        select
            t.ordre + 4,
            'commune d''origine',
            h.indicateur,
            h.territoire,
            h.periode,
            h.modalite,
            h.valeur,
            h.statut,
            h.methode,
            h.millesime_cog,
            p.poids,
            h.ligne,
            h.livraison
        from termes as t
        inner join passages as p
            on
                t.territoire = 'COM-' || p.code_cible and t.millesime_cog = p.cog_source and p.nature <> 'identite'
                and p.cog_cible = (select max(x.millesime_cog) from territoires as x)
        inner join observations_historique as h
            on
                h.territoire = 'COM-' || p.code_source and t.indicateur = h.indicateur and t.periode = h.periode
                and t.modalite = h.modalite and t.millesime_cog = h.millesime_cog and h.connu_jusqua is null and not h.est_retrait
        inner join livraisons as d
            on
                t.livraison = d.livraison and h.source = d.source and h.partition is not distinct from d.partition
                and d.resultat = 'nouveau'
        where t.methode in ('publiee', 'projetee')
    ),

    livraisons_acceptees as (
        select
            l.*,
            row_number() over (partition by l.livraison order by l.recu_le) as rang
        from livraisons as l
        where l.resultat = 'nouveau'
    )

    select
        t.role,
        t.indicateur,
        t.territoire,
        t.periode,
        t.modalite,
        t.valeur,
        t.statut,
        t.methode,
        t.millesime_cog,
        t.poids,
        t.ligne,
        t.livraison,
        l.source,
        l.url,
        l.publie_le,
        l.recu_le,
        l.sha256,
        case t.methode
            when 'calculee' then 'int_observations_calculees'
            when 'projetee' then 'int_observations_publiees'
            when 'agregee' then case when t.ligne is null then 'int_observations_agregees' else 'stg_' || l.source end
            else 'stg_' || l.source
        end as modele,
        (select f.code from interne.fabrication as f) as code
    from lignes as t
    left join livraisons_acceptees as l on t.livraison = l.livraison and l.rang = 1
    order by t.ordre, t.territoire, t.modalite;
