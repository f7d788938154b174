-- dans_cog(2018) : les chiffres communaux des producteurs dans la géographie d'une autre année, pour les communes d'alors et, en sommes,
-- pour les zones d'aujourd'hui (leur partie régionale si elles débordent). Un chiffre reçu dans cette géographie est rendu tel quel ;
-- les autres y sont portés directement, sans passer par aujourd'hui. Additif : réparti (selon sa clé si elle est connue, sinon la
-- population) et sommé ; moyenne : par son poids ; ratio : termes portés puis divisés ; ce qui ne peut voyager est NULL avec son motif.
-- Le seuil du producteur est jugé de nouveau sur ce qui est sommé. `couverture` est la part de la population dont le chiffre est connu.
-- Seules les années de la table passages existent.
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
            i.ponderation,
            i.cle_repartition,
            case when h.source = i.source then 1 else 2 end as priorite,
            substr(h.territoire, 5) as code_source,
            h.valeur,
            h.statut,
            h.confidentialite,
            h.marque_producteur,
            h.n_unites,
            h.part_max
        from observations_historique as h
        inner join indicateurs as i on h.indicateur = i.indicateur
        where h.territoire like 'COM-%' and h.connu_jusqua is null and not h.est_retrait and i.calcul = 'publie'
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
            ponderation,
            cle_repartition,
            priorite
        from chiffres
    ),

    -- what weighs the means, commune by commune in the geography of the figure
    ponderations as (
        select *
        from (
            select
                c.*,
                row_number() over (
                    partition by c.indicateur, c.millesime_cog, c.periode, c.modalite, c.code_source order by c.priorite
                ) as rang
            from chiffres as c
            where c.indicateur in (select i.ponderation from indicateurs as i)
        ) as x
        where x.rang = 1
    ),

    liens as (
        select
            p.*,
            -- what a part weighs in a sum that takes all the parts of its commune, and so needs no key
            1 / count(*) over (partition by p.cog_source, p.code_source) as poids_en_somme
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
            s.agregation in ('somme', 'moyenne_ponderee') as est_agregeable,
            count(*) as nombre_parts,
            count(
                case
                    when s.ponderation is not null then case when w.valeur = 0 or c.valeur * w.valeur is not null then 1 end
                    when c.valeur is not null or (c.indicateur is null and s.absence = 'nulle') then 1
                end
            ) as nombre_connues,
            count(coalesce(k.poids, l.poids)) as nombre_poids,
            sum(
                c.valeur * case when s.ponderation is null then 1 else w.valeur end * coalesce(k.poids, l.poids, l.poids_en_somme)
            ) as somme,
            sum(w.valeur * coalesce(k.poids, l.poids, l.poids_en_somme)) as ponderation,
            case when bool_and(l.nature <> 'scission') and count(c.n_unites) = count(*) then sum(c.n_unites) end as n_unites,
            case
                when count(c.part_max) = count(*) then max(c.part_max * c.valeur * l.poids) / nullif(sum(c.valeur * l.poids), 0)
            end as part_max,
            max(c.valeur) as valeur,
            max(c.statut) as statut,
            max(c.marque_producteur) as marque_producteur,
            bool_or(coalesce(c.confidentialite, 'F') in ('C', 'D') or coalesce(w.confidentialite, 'F') in ('C', 'D')) as est_secrete,
            bool_or(l.nature = 'scission') as est_partagee,
            bool_and(l.nature in ('identite', 'recodage')) as est_inchangee,
            count(c.indicateur) as nombre_recues
        from series as s
        inner join liens as l on s.millesime_cog = l.cog_source
        left join chiffres as c
            on
                s.indicateur = c.indicateur and s.source = c.source and s.millesime_cog = c.millesime_cog
                and s.periode = c.periode and s.modalite = c.modalite and l.code_source = c.code_source
        left join ponderations as w
            on
                s.ponderation = w.indicateur and s.millesime_cog = w.millesime_cog and s.periode = w.periode
                and s.modalite = w.modalite and l.code_source = w.code_source
        left join passages_par_cle as k
            on
                s.cle_repartition = k.cle and l.cog_source = k.cog_source and l.code_source = k.code_source
                and l.cog_cible = k.cog_cible and l.code_cible = k.code_cible
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

    qualifiees as (
        select
            *,
            nombre_connues = nombre_parts as est_connue,
            case agregation when 'somme' then coalesce(somme, 0) else somme / nullif(ponderation, 0) end as resultat
        from classees
        where rang = 1
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
                -- weights of a split are fractions: without rounding a sum of whole numbers would end in 0.9999999
                when est_agregeable and est_connue and nombre_poids = nombre_parts then round(resultat, 6)
            end as valeur,
            -- what the commune brings to a sum, and (for a mean) to its weight
            case when est_agregeable and est_connue then coalesce(somme, 0) end as masse,
            ponderation as masse_ponderation,
            case
                when est_inchangee then statut
                when est_secrete then 'Q'
                when not est_agregeable or not est_connue or nombre_poids < nombre_parts or resultat is null then 'O'
                when est_partagee then 'E'
                else 'A'
            end as statut,
            case when est_secrete then 'C' else 'F' end as confidentialite,
            case when est_inchangee then marque_producteur end as marque_producteur,
            case when est_inchangee then 'publiee' else 'projetee' end as methode,
            millesime_cog,
            date_debut,
            date_fin,
            n_unites,
            part_max,
            case
                when est_inchangee then case when valeur is null and marque_producteur is null then 'Non reçu du producteur.' end
                when not est_agregeable
                    then 'Périmètre différent de celui du COG ' || millesime_cog || ' : cet indicateur ne s''agrège pas.'
                when est_secrete then 'Au moins une des communes en cause est sous secret statistique.'
                when not est_connue and agregation = 'somme' then 'Au moins une des communes en cause n''a pas de chiffre.'
                when not est_connue then 'Au moins une des communes en cause n''a pas de chiffre, ou pas de poids.'
                when nombre_poids < nombre_parts
                    then 'Aucun recensement reçu ne donne la population des parties de cette commune.'
                when resultat is null then 'Le poids de la moyenne est nul.'
            end as motif
        from qualifiees
    ),

    -- what each commune of that year weighs in a coverage: the population of today that lives there
    populations as (
        select
            l.code_cible as code_commune,
            sum(t.population_municipale * coalesce(l.poids, l.poids_en_somme)) as population
        from liens as l
        inner join geographies as g on l.cog_source = g.actuelle
        inner join territoires as t on t.territoire = 'COM-' || l.code_source
        group by l.code_cible
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

    -- the members that share a commune of the figure with a place outside of the zone: holding every part, a zone estimates nothing
    partages as (
        select distinct
            m.territoire,
            m.code_commune,
            s.cog_source
        from membres as m
        inner join passages as s on m.code_commune = s.code_cible and s.nature = 'scission'
        inner join geographies as g on s.cog_cible = g.demandee
        inner join passages as x on s.cog_source = x.cog_source and s.code_source = x.code_source and s.cog_cible = x.cog_cible
        left join membres as n on m.territoire = n.territoire and x.code_cible = n.code_commune
        where n.code_commune is null
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
            bool_or(coalesce(c.confidentialite, 'F') = 'C') as est_secrete,
            bool_or(m.est_a_cheval) as est_a_cheval,
            bool_or(coalesce(c.statut, 'A') = 'E' and (c.methode = 'publiee' or p.code_commune is not null)) as est_estimee,
            s.agregation in ('somme', 'moyenne_ponderee') as est_agregeable,
            case
                when max(s.agregation) = 'somme' then coalesce(round(sum(c.masse), 6), 0)
                else round(sum(c.masse) / nullif(sum(c.masse_ponderation), 0), 6)
            end as resultat,
            sum(
                case when c.masse is not null or (c.indicateur is null and s.absence = 'nulle') then n.population end
            ) / nullif(sum(n.population), 0) as couverture,
            case when count(c.n_unites) = count(*) then sum(c.n_unites) end as n_unites,
            case when count(c.part_max) = count(*) then max(c.part_max * c.masse) / nullif(sum(c.masse), 0) end as part_max
        from series_zones as s
        cross join membres as m
        left join communes as c
            on
                s.indicateur = c.indicateur and s.periode = c.periode and s.modalite = c.modalite
                and m.code_commune = c.code_commune
        left join partages as p
            on m.territoire = p.territoire and m.code_commune = p.code_commune and c.millesime_cog = p.cog_source
        left join populations as n on m.code_commune = n.code_commune
        group by all
    ),

    additionnees as (
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
            motif,
            case when valeur is not null then 1 end as couverture,
            n_unites,
            part_max
        from communes
        union all
        select
            indicateur,
            territoire,
            periode,
            modalite,
            case when est_agregeable and not est_a_cheval and nombre_connues = nombre_communes then resultat end,
            case
                when est_agregeable and not est_a_cheval and nombre_connues = nombre_communes and resultat is not null
                    then case when est_estimee then 'E' else 'A' end
                when est_agregeable and est_secrete then 'Q'
                else 'O'
            end,
            case when est_agregeable and est_secrete then 'C' else 'F' end,
            null,
            'agregee',
            millesime_cog,
            date_debut,
            date_fin,
            case
                when not est_agregeable then 'Cet indicateur ne s''agrège pas.'
                when est_a_cheval then 'Une commune de cette année est à cheval sur la limite de la zone.'
                when est_secrete then 'Au moins une commune est sous secret statistique.'
                when nombre_connues < nombre_communes and agregation = 'somme' then 'Au moins une commune n''a pas de chiffre.'
                when nombre_connues < nombre_communes then 'Au moins une commune n''a pas de chiffre, ou pas de poids.'
                when resultat is null then 'Le poids de la moyenne est nul.'
            end,
            case when est_agregeable and not est_a_cheval then couverture end,
            n_unites,
            part_max
        from sommes
    ),

    -- the producers' thresholds, judged again on what is summed or carried; `ou`: one criterion not met refuses, `et`: none that is
    -- known may be met
    refus as (
        select
            x.indicateur,
            x.territoire,
            x.periode,
            x.modalite,
            x.texte
        from (
            select
                a.indicateur,
                a.territoire,
                a.periode,
                a.modalite,
                r.regle,
                r.operateur,
                r.texte,
                unnest([
                    a.n_unites > 0 and a.n_unites < r.min_unites,
                    m.valeur > 0 and m.valeur < r.min_menages,
                    n.valeur > 0 and n.valeur < r.min_personnes,
                    a.part_max > r.part_max
                ]) as est_refuse
            from additionnees as a
            inner join seuils_diffusion as r on a.indicateur = r.indicateur and r.est_applique
            left join additionnees as m
                on
                    r.indicateur_menages = m.indicateur and a.territoire = m.territoire and a.periode = m.periode
                    and m.modalite = '_T'
            left join additionnees as n
                on
                    r.indicateur_personnes = n.indicateur and a.territoire = n.territoire and a.periode = n.periode
                    and n.modalite = '_T'
            where a.methode <> 'publiee' and a.valeur is not null
        ) as x
        group by x.indicateur, x.territoire, x.periode, x.modalite, x.regle, x.operateur, x.texte
        having
            count(case when x.est_refuse then 1 end) >= 1
            and (x.operateur = 'ou' or count(case when not x.est_refuse then 1 end) = 0)
    ),

    refusees as (
        select
            indicateur,
            territoire,
            periode,
            modalite,
            min(texte) as texte
        from refus
        group by indicateur, territoire, periode, modalite
    ),

    base as (
        select
            a.indicateur,
            a.territoire,
            a.periode,
            a.modalite,
            case when r.texte is null then a.valeur end as valeur,
            case when r.texte is null then a.statut else 'Q' end as statut,
            case when r.texte is null then a.confidentialite else 'C' end as confidentialite,
            a.marque_producteur,
            a.methode,
            a.millesime_cog,
            a.date_debut,
            a.date_fin,
            coalesce('Sous le seuil du producteur. ' || r.texte, a.motif) as motif,
            a.couverture
        from additionnees as a
        left join refusees as r
            on
                a.indicateur = r.indicateur and a.territoire = r.territoire and a.periode = r.periode
                and a.modalite = r.modalite
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
            case when n.couverture is not null and x.couverture is not null then least(n.couverture, x.couverture) end as couverture,
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
            end,
            case when valeur is not null then 1 else couverture end
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
        e.motif,
        round(e.couverture, 4) as couverture
    from ensemble as e
    cross join geographies as g
    order by e.indicateur, e.territoire, e.periode, e.modalite;
