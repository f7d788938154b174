-- dans_cog(2018) : les chiffres communaux des producteurs dans la géographie d'une autre année, pour les communes d'alors et, en sommes,
-- pour les zones d'aujourd'hui (leur partie régionale si elles débordent). Un chiffre reçu dans cette géographie est rendu tel quel ;
-- les autres y sont portés directement, sans passer par aujourd'hui. Additif : réparti et sommé ; ratio : termes portés puis divisés ;
-- ce qui ne peut voyager est NULL avec son motif. Seules les années de la table passages existent.
create or replace macro dans_cog(annee) as table
    with geographies as (
        select
            max(cog_source) as actuelle,
            case
                when annee between min(cog_source) and max(cog_source) then annee
                else error(
                    'dans_cog : géographie ' || annee || ' inconnue ; choisir une année de ' || min(cog_source) || ' à '
                    || max(cog_source) || '.'
                )
            end as demandee
        from passages
    ),

    -- where the communes of that year are today, for those of the region
    aujourd_hui as (
        select
            p.code_source as code_commune,
            p.code_cible as code_actuel
        from passages as p
        inner join geographies as g on p.cog_source = g.demandee and p.cog_cible = g.actuelle
        inner join territoires as t on t.territoire = 'COM-' || p.code_cible
    ),

    chiffres as (
        select
            h.indicateur,
            h.source,
            h.millesime_cog,
            h.periode,
            h.modalite,
            h.date_debut,
            h.date_fin,
            i.agregation,
            i.absence,
            case when h.source = i.source then 1 else 2 end as priorite,
            substr(h.territoire, 5) as code_source,
            h.valeur,
            h.statut,
            h.confidentialite,
            h.marque_producteur
        from observations_historique as h
        inner join indicateurs as i on h.indicateur = i.indicateur
        where h.territoire like 'COM-%' and h.connu_jusqua is null and i.calcul = 'publie'
    ),

    series as (
        select distinct
            indicateur,
            source,
            millesime_cog,
            periode,
            modalite,
            date_debut,
            date_fin,
            agregation,
            absence,
            priorite
        from chiffres
    ),

    liens as (
        select
            p.*,
            -- what a part weighs in a sum that takes all the parts of its commune, and so needs no key
            coalesce(p.poids, 1 / count(*) over (partition by p.cog_source, p.code_source)) as poids_en_somme
        from passages as p
        inner join geographies as g on p.cog_cible = g.demandee
        where p.code_cible in (select a.code_commune from aujourd_hui as a)
    ),

    portees as (
        select
            s.indicateur,
            s.source,
            s.millesime_cog,
            s.periode,
            s.modalite,
            s.date_debut,
            s.date_fin,
            s.agregation,
            s.absence,
            s.priorite,
            l.code_cible,
            count(*) as nombre_parts,
            count(case when c.valeur is not null or (c.indicateur is null and s.absence = 'nulle') then 1 end) as nombre_connues,
            count(l.poids) as nombre_poids,
            sum(c.valeur * l.poids_en_somme) as somme,
            max(c.valeur) as valeur,
            max(c.statut) as statut,
            max(c.marque_producteur) as marque_producteur,
            bool_or(coalesce(c.confidentialite, 'F') = 'C') as est_secrete,
            bool_or(l.nature = 'scission') as est_partagee,
            bool_and(l.nature in ('identite', 'recodage')) as est_inchangee,
            count(c.indicateur) as nombre_recues
        from series as s
        inner join liens as l on s.millesime_cog = l.cog_source
        left join chiffres as c
            on
                s.indicateur = c.indicateur and s.source = c.source and s.millesime_cog = c.millesime_cog
                and s.periode = c.periode and s.modalite = c.modalite and l.code_source = c.code_source
        group by all
        having count(c.indicateur) > 0
    ),

    -- the producer's own first, then the geography from which nothing has to be estimated, then the nearest
    classees as (
        select
            p.*,
            row_number() over (
                partition by p.indicateur, p.code_cible, p.periode, p.modalite
                order by p.est_partagee asc, p.priorite asc, abs(p.millesime_cog - g.demandee) asc, p.millesime_cog desc
            ) as rang
        from portees as p
        cross join geographies as g
    ),

    communes as (
        select
            indicateur,
            'COM-' || code_cible as territoire,
            code_cible as code_commune,
            periode,
            modalite,
            case
                when est_inchangee then valeur
                when agregation = 'somme' and nombre_connues = nombre_parts and nombre_poids = nombre_parts
                    -- weights of a split are fractions: without rounding a sum of whole numbers would end in 0.9999999
                    then round(coalesce(somme, 0), 6)
            end as valeur,
            case when agregation = 'somme' and nombre_connues = nombre_parts then coalesce(somme, 0) end as masse,
            case
                when est_inchangee then statut
                when est_secrete then 'Q'
                when agregation <> 'somme' or nombre_connues < nombre_parts or nombre_poids < nombre_parts then 'O'
                when est_partagee then 'E'
                else 'A'
            end as statut,
            case when est_secrete then 'C' else 'F' end as confidentialite,
            case when est_inchangee then marque_producteur end as marque_producteur,
            case when est_inchangee then 'publiee' else 'projetee' end as methode,
            millesime_cog,
            date_debut,
            date_fin,
            case
                when est_inchangee then case when valeur is null and marque_producteur is null then 'Non reçu du producteur.' end
                when agregation <> 'somme'
                    then 'Périmètre différent de celui du COG ' || millesime_cog || ' : cet indicateur ne s''agrège pas.'
                when est_secrete then 'Au moins une des communes en cause est sous secret statistique.'
                when nombre_connues < nombre_parts then 'Au moins une des communes en cause n''a pas de chiffre.'
                when nombre_poids < nombre_parts
                    then 'Aucun recensement reçu ne donne la population des parties de cette commune.'
            end as motif
        from classees
        where rang = 1
    ),

    zones as (
        select
            t.territoire,
            t.type_territoire,
            t.code_territoire
        from territoires as t
        where
            t.type_territoire not in ('COM', 'FRANCE') and t.est_interregional = false
            and (t.type_territoire not in ('DEP', 'REG') or t.code_region in (
                select r.code_region from territoires as r
                where r.type_territoire = 'COM'
            ))
    ),

    compositions as (
        select
            z.territoire,
            m.code_commune as code_actuel
        from zones as z
        inner join appartenances as m on z.type_territoire = m.type_territoire and z.code_territoire = m.code_territoire
        inner join geographies as g on m.millesime_cog = g.actuelle
    ),

    presences as (
        select
            c.territoire,
            a.code_commune,
            count(*) as nombre_dedans
        from compositions as c
        inner join aujourd_hui as a on c.code_actuel = a.code_actuel
        group by c.territoire, a.code_commune
    ),

    etendues as (
        select
            a.code_commune,
            count(*) as nombre
        from aujourd_hui as a
        group by a.code_commune
    ),

    membres as (
        select
            p.territoire,
            p.code_commune,
            p.nombre_dedans < e.nombre as est_a_cheval
        from presences as p
        inner join etendues as e on p.code_commune = e.code_commune
    ),

    series_zones as (
        select
            c.indicateur,
            c.periode,
            c.modalite,
            c.date_debut,
            c.date_fin,
            i.agregation,
            i.absence,
            min(c.millesime_cog) as millesime_cog
        from communes as c
        inner join indicateurs as i on c.indicateur = i.indicateur
        group by all
    ),

    sommes as (
        select
            s.indicateur,
            s.periode,
            s.modalite,
            s.date_debut,
            s.date_fin,
            s.agregation,
            s.millesime_cog,
            m.territoire,
            count(*) as nombre_communes,
            count(case when c.masse is not null or (c.indicateur is null and s.absence = 'nulle') then 1 end) as nombre_connues,
            round(sum(c.masse), 6) as somme,
            bool_or(coalesce(c.confidentialite, 'F') = 'C') as est_secrete,
            bool_or(m.est_a_cheval) as est_a_cheval,
            bool_or(coalesce(c.statut, 'A') = 'E') as est_estimee
        from series_zones as s
        cross join membres as m
        left join communes as c
            on
                s.indicateur = c.indicateur and s.periode = c.periode and s.modalite = c.modalite
                and m.code_commune = c.code_commune
        group by all
    ),

    base as (
        select
            indicateur,
            territoire,
            periode,
            modalite,
            valeur,
            statut,
            confidentialite,
            marque_producteur,
            methode,
            millesime_cog,
            date_debut,
            date_fin,
            motif
        from communes
        union all
        select
            indicateur,
            territoire,
            periode,
            modalite,
            case
                when agregation = 'somme' and not est_a_cheval and nombre_connues = nombre_communes then coalesce(somme, 0)
            end,
            case
                when agregation = 'somme' and not est_a_cheval and nombre_connues = nombre_communes
                    then case when est_estimee then 'E' else 'A' end
                when agregation = 'somme' and est_secrete then 'Q'
                else 'O'
            end,
            case when agregation = 'somme' and est_secrete then 'C' else 'F' end,
            null,
            'agregee',
            millesime_cog,
            date_debut,
            date_fin,
            case
                when agregation <> 'somme' then 'Cet indicateur ne s''agrège pas.'
                when est_a_cheval then 'Une commune de cette année est à cheval sur la limite de la zone.'
                when est_secrete then 'Au moins une commune est sous secret statistique.'
                when nombre_connues < nombre_communes then 'Au moins une commune n''a pas de chiffre.'
            end
        from sommes
    ),

    termes as (
        select
            i.indicateur,
            i.calcul,
            i.facteur,
            i.decalage,
            i.frequence,
            n.territoire,
            n.periode,
            case when i.numerateur_modalite is null then n.modalite else '_T' end as modalite,
            n.valeur as haut,
            x.valeur as bas,
            case when n.statut = 'A' then x.statut else n.statut end as statut,
            case when 'C' in (n.confidentialite, x.confidentialite) then 'C' else 'F' end as confidentialite,
            coalesce(n.motif, x.motif) as motif,
            n.millesime_cog,
            n.date_debut,
            n.date_fin
        from indicateurs as i
        inner join base as n on i.numerateur = n.indicateur and coalesce(i.numerateur_modalite, n.modalite) = n.modalite
        inner join base as x
            on
                x.indicateur = case when i.calcul = 'ratio' then i.denominateur else i.numerateur end
                and n.territoire = x.territoire and x.modalite = coalesce(i.denominateur_modalite, n.modalite)
                and date_diff('month', x.date_debut, n.date_debut)
                = coalesce(i.decalage, 0) * case i.frequence when 'A' then 12 when 'T' then 3 when 'S' then 6 else 1 end
                and length(n.periode) = length(x.periode)
        where i.calcul in ('ratio', 'evolution', 'evolution_annuelle')
    ),

    calculees as (
        select
            *,
            case
                when bas = 0 or haut is null or bas is null then null
                when calcul = 'ratio' then facteur * haut / bas
                when calcul = 'evolution' then facteur * (haut / bas - 1)
                when haut > 0
                    then
                        facteur
                        * (
                            power(haut / bas, (case frequence when 'A' then 1 when 'T' then 4 when 'S' then 2 else 12 end) / decalage)
                            - 1
                        )
            end as valeur
        from termes
    ),

    ensemble as (
        select * from base
        union all
        select
            indicateur,
            territoire,
            periode,
            modalite,
            valeur,
            case when valeur is not null then statut when confidentialite = 'C' then 'Q' else 'O' end,
            confidentialite,
            null,
            'calculee',
            millesime_cog,
            date_debut,
            date_fin,
            case
                when valeur is not null then null when bas = 0 then 'Le dénominateur est nul.'
                else coalesce(motif, 'Un des termes manque.')
            end
        from calculees
    )

    select
        e.indicateur,
        e.territoire,
        g.demandee as geographie,
        e.periode,
        e.modalite,
        e.valeur,
        e.statut,
        e.confidentialite,
        e.marque_producteur,
        e.methode,
        e.millesime_cog,
        e.date_debut,
        e.date_fin,
        e.motif
    from ensemble as e
    cross join geographies as g
    order by e.indicateur, e.territoire, e.periode, e.modalite;
