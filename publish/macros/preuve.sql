-- preuve('taux_chomage_localise', 'REG-28', '2023-T3') : du chiffre aux octets reçus. Une ligne pour le chiffre, puis une par terme
-- (numérateur, dénominateur) s'il est calculé, et une par commune s'il est une somme.
create or replace macro preuve(un_indicateur, un_territoire, une_periode) as table
    with chiffre as (
        select * from observations
        where indicateur = un_indicateur and territoire = un_territoire and periode = une_periode and modalite = '_T'
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
        h.ligne,
        t.livraison,
        l.source,
        l.url,
        l.publie_le,
        l.recu_le,
        l.sha256
    from termes as t
    left join livraisons_acceptees as l on t.livraison = l.livraison and l.rang = 1
    left join observations_historique as h
        on
            t.indicateur = h.indicateur and t.territoire = h.territoire and t.periode = h.periode and t.modalite = h.modalite
            and t.livraison = h.livraison and t.millesime_cog = h.millesime_cog
    order by t.ordre, t.territoire;
