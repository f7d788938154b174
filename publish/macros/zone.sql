-- zone(['14118', '14327'], 'population_municipale') : un indicateur sur une liste de communes d'aujourd'hui, à toutes ses périodes.
-- Additif : somme de parties toutes connues. Ratio : numérateur et dénominateur sommés, puis divisés. Moyenne : par son poids. Sinon
-- NULL et le motif : une médiane, un quantile, un indice ne s'agrègent pas. Une commune d'un autre millésime, inconnue ou donnée deux
-- fois rend tout NULL : `motif` dit laquelle, pourquoi, et le millésime qui conviendrait. `couverture` est la part de la population
-- des communes dont le chiffre est connu.
-- Le seuil du producteur est appliqué à la zone (trop peu d'unités, une unité qui domine) quand ce qu'il compte est connu.
create or replace macro zone(liste_de_communes, un_indicateur) as table
    with demandees as (
        select unnest(
            case
                when coalesce(len(liste_de_communes), 0) = 0 then error('zone : la liste de communes est vide.')
                else liste_de_communes
            end
        ) as code_commune
    ),

    geographie as (
        select
            min(cog_source) as premiere,
            max(cog_cible) as actuelle
        from passages
    ),

    -- the vintages in which each code was a commune, whole country, and what it is today
    annees as (
        select
            p.code_source as code_commune,
            p.cog_source as cog,
            min(p.code_cible) as aujourd_hui,
            count(*) as nombre_parts,
            row_number() over (partition by p.code_source order by p.cog_source) as rang
        from passages as p
        inner join geographie as g on p.cog_cible = g.actuelle
        where p.code_source in (select d.code_commune from demandees as d)
        group by p.code_source, p.cog_source
    ),

    existences as (
        select
            x.code_commune,
            string_agg(case when x.du = x.au then cast(x.du as varchar) else x.du || ' à ' || x.au end, ', ' order by x.du) as texte,
            max(x.au) as au
        from (
            select
                a.code_commune,
                min(a.cog) as du,
                max(a.cog) as au
            from annees as a
            group by a.code_commune, a.cog - a.rang
        ) as x
        group by x.code_commune
    ),

    -- the newest vintage that knows the most of the codes: the one that the list was written in
    millesime as (
        select
            a.cog,
            count(*) as nombre
        from annees as a
        group by a.cog
        order by count(*) desc, a.cog desc
        limit 1
    ),

    fautes as (
        select
            d.code_commune,
            count(*) as repetitions,
            case
                when max(t.territoire) is not null then null
                when d.code_commune is null then 'un code est NULL'
                when max(x.au) = max(g.actuelle) then d.code_commune || ' n''est pas de la région de cette publication'
                when max(x.au) is not null
                    then
                        d.code_commune || ' n''est pas du COG ' || max(g.actuelle) || ' mais des COG ' || max(x.texte)
                        || case max(a.nombre_parts) when 1 then ' (aujourd''hui ' || max(a.aujourd_hui) || ')' else ' (partagée depuis)' end
                when length(d.code_commune) = 4
                    then d.code_commune || ' n''a que quatre caractères (zéro de tête perdu ? 0' || d.code_commune || ')'
                else d.code_commune || ' n''existe dans aucun COG depuis ' || max(g.premiere) || ' (vérifier le code)'
            end as faute
        from demandees as d
        cross join geographie as g
        left join territoires as t on t.territoire = 'COM-' || d.code_commune
        left join existences as x on d.code_commune = x.code_commune
        left join annees as a on x.code_commune = a.code_commune and x.au = a.cog
        group by d.code_commune
    ),

    erreurs as (
        select
            count(*) as nombre_distinctes,
            string_agg(f.faute, ' ; ' order by f.code_commune) as inconnues,
            string_agg(case when f.repetitions > 1 then f.code_commune end, ', ' order by f.code_commune) as doubles,
            max(
                case
                    when m.cog < g.actuelle
                        then
                            ' Millésime probable de la liste : ' || m.cog || ' (' || m.nombre || ' code'
                            || case when m.nombre > 1 then 's' else '' end
                            || ' sur ' || (select count(distinct d.code_commune) from demandees as d)
                            || ') ; voir passages pour les communes d''aujourd''hui, ou dans_cog(' || m.cog || ').'
                    else ''
                end
            ) as correctif
        from fautes as f
        cross join geographie as g
        left join millesime as m on f.faute is not null
    ),

    definition as (
        select * from indicateurs
        where indicateur = case
            when (
                select count(*) from indicateurs as x
                where x.indicateur = un_indicateur
            ) = 0
                then error('Indicateur inconnu : ' || coalesce(un_indicateur, 'NULL') || '. Voir la table indicateurs.')
            else un_indicateur
        end
    ),

    termes as (
        select
            i.agregation,
            i.calcul,
            i.facteur,
            i.absence,
            case when i.calcul = 'publie' then i.indicateur else i.numerateur end as terme_haut,
            case when i.calcul = 'ratio' then i.denominateur else i.ponderation end as terme_bas,
            i.agregation = 'moyenne_ponderee' as est_moyenne,
            case
                when i.calcul = 'publie' then i.agregation in ('somme', 'moyenne_ponderee') and i.niveau_fin = 'COM'
                else i.calcul = 'ratio' and i.niveau_fin = 'COM' and i.numerateur_modalite is null
            end as est_sommable
        from definition as i
    ),

    periodes as (
        select distinct o.periode
        from observations as o
        inner join termes as t on o.indicateur = t.terme_haut
        where o.modalite = '_T' and o.territoire like 'COM-%'
    ),

    absences as (
        select
            (select h.absence from indicateurs as h inner join termes as t on h.indicateur = t.terme_haut) as haut,
            (select b.absence from indicateurs as b inner join termes as t on b.indicateur = t.terme_bas) as bas
    ),

    d as (select distinct code_commune from demandees),

    parts as (
        select
            p.periode,
            d.code_commune,
            case
                when h.territoire is null and a.haut = 'nulle' then 0
                -- what weighs nothing counts for nothing
                when t.est_moyenne and b.valeur = 0 then 0
                when t.est_moyenne then h.valeur * b.valeur
                else h.valeur
            end as haut,
            case when b.territoire is null and a.bas = 'nulle' then 0 else b.valeur end as bas,
            c.population_municipale as population,
            h.statut,
            h.millesime_cog,
            h.confidentialite in ('C', 'D') or coalesce(b.confidentialite in ('C', 'D'), false) as est_secrete,
            case when h.territoire is null and a.haut = 'nulle' then 0 else h.n_unites end as n_unites,
            case when h.territoire is null and a.haut = 'nulle' then 0 else h.part_max end as part_max
        from periodes as p
        cross join d
        cross join termes as t
        cross join absences as a
        left join territoires as c on c.territoire = 'COM-' || d.code_commune
        left join observations as h
            on
                t.terme_haut = h.indicateur and h.territoire = 'COM-' || d.code_commune and p.periode = h.periode
                and h.modalite = '_T'
        left join observations as b
            on
                t.terme_bas = b.indicateur and b.territoire = 'COM-' || d.code_commune and p.periode = b.periode
                and b.modalite = '_T'
    ),

    sommes as (
        select
            p.periode,
            count(*) as nombre_communes,
            count(p.haut) as nombre_haut,
            count(p.bas) as nombre_bas,
            sum(p.haut) as haut,
            sum(p.bas) as bas,
            max(case when p.est_secrete then 1 else 0 end) as est_secrete,
            sum(
                case
                    when p.haut is not null and (p.bas is not null or (select max(t.terme_bas) from termes as t) is null)
                        then p.population
                end
            ) / nullif(sum(p.population), 0) as couverture,
            max(case when p.statut in ('B', 'E', 'P') then p.statut end) as statut_partiel,
            min(p.millesime_cog) as millesime_cog,
            case when count(p.n_unites) = count(*) then sum(p.n_unites) end as n_unites,
            case when count(p.part_max) = count(*) then max(p.part_max * p.haut) / nullif(sum(p.haut), 0) end as part_max
        from parts as p
        group by p.periode
    ),

    comptables as (
        select indicateur_menages as indicateur from seuils_diffusion
        union
        select indicateur_personnes from seuils_diffusion
    ),

    -- what the thresholds count, over the whole list, when every part of it is known
    comptes as (
        select
            o.indicateur,
            o.periode,
            sum(o.valeur) as compte
        from observations as o
        inner join d on o.territoire = 'COM-' || d.code_commune
        inner join comptables as k on o.indicateur = k.indicateur
        where o.modalite = '_T'
        group by o.indicateur, o.periode
        having count(o.valeur) = (select min(e.nombre_distinctes) from erreurs as e)
    ),

    -- `ou`: one criterion not met refuses; `et`: none of those that are known may be met
    refus as (
        select
            x.periode,
            min(x.texte) as texte
        from (
            select
                s.periode,
                r.regle,
                r.texte,
                r.operateur,
                unnest([
                    s.n_unites > 0 and s.n_unites < r.min_unites,
                    m.compte > 0 and m.compte < r.min_menages,
                    p.compte > 0 and p.compte < r.min_personnes,
                    s.part_max > r.part_max
                ]) as est_refuse
            from sommes as s
            cross join termes as t
            inner join seuils_diffusion as r
                on r.est_applique and r.indicateur in (un_indicateur, t.terme_haut, t.terme_bas)
            left join comptes as m on r.indicateur_menages = m.indicateur and s.periode = m.periode
            left join comptes as p on r.indicateur_personnes = p.indicateur and s.periode = p.periode
        ) as x
        group by x.periode, x.regle, x.operateur
        having
            count(case when x.est_refuse then 1 end) >= 1
            and (x.operateur = 'ou' or count(case when not x.est_refuse then 1 end) = 0)
    ),

    refusees as (
        select
            periode,
            min(texte) as texte
        from refus
        group by periode
    ),

    resultats as (
        select
            s.*,
            t.est_moyenne,
            t.terme_bas,
            case
                when e.inconnues is not null then 'Liste refusée : ' || e.inconnues || '.' || e.correctif
                when e.doubles is not null then 'Liste refusée : commune donnée deux fois, ' || e.doubles || ' ; n''en garder qu''une.'
                when not t.est_sommable then 'Cet indicateur ne s''agrège pas à partir des communes (' || t.agregation || ').'
            end as refus,
            case
                when s.est_secrete = 1 then 'Au moins une commune est sous secret statistique.'
                when r.texte is not null then 'Zone sous le seuil du producteur. ' || r.texte
                when s.nombre_haut < s.nombre_communes and t.est_moyenne then 'Au moins une commune n''a pas de chiffre, ou pas de poids.'
                when s.nombre_haut < s.nombre_communes then 'Au moins une commune n''a pas de chiffre.'
                when t.terme_bas is not null and s.nombre_bas < s.nombre_communes
                    then 'Le dénominateur manque pour au moins une commune.'
                when t.est_moyenne and s.bas = 0 then 'Le poids de la moyenne est nul.'
                when t.terme_bas is not null and s.bas = 0 then 'Le dénominateur est nul.'
            end as manque,
            case when t.terme_bas is null then s.haut else t.facteur * s.haut / nullif(s.bas, 0) end as resultat,
            s.est_secrete = 1 or r.texte is not null as est_couverte
        from sommes as s
        cross join erreurs as e
        cross join termes as t
        left join refusees as r on s.periode = r.periode
    )

    select
        un_indicateur as indicateur,
        periode,
        case when refus is null and manque is null then resultat end as valeur,
        nombre_communes,
        coalesce(refus, manque) as motif,
        case when refus is null then round(couverture, 4) end as couverture,
        case
            when refus is not null then 'O' when manque is null then coalesce(statut_partiel, 'A') when est_couverte then 'Q'
            else 'O'
        end as statut,
        case when refus is null and est_couverte then 'C' else 'F' end as confidentialite,
        case when terme_bas is null or est_moyenne then 'agregee' else 'calculee' end as methode,
        millesime_cog
    from resultats
    order by periode;
