-- zone(['14118', '14327'], 'population_municipale') : un indicateur sur une liste de communes d'aujourd'hui, à toutes ses périodes.
-- Additif : somme de parties toutes connues. Ratio : numérateur et dénominateur sommés, puis divisés. Sinon NULL et le motif :
-- une médiane, un quantile, un indice ne s'agrègent pas. Une commune inconnue ou donnée deux fois rend tout NULL et le dit.
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

    erreurs as (
        select
            count(*) as nombre,
            count(distinct d.code_commune) as nombre_distinctes,
            string_agg(case when t.territoire is null then coalesce(d.code_commune, 'NULL') end, ', ') as inconnues
        from demandees as d
        left join territoires as t on t.territoire = 'COM-' || d.code_commune
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
            case when i.calcul = 'ratio' then i.denominateur end as terme_bas,
            case
                when i.calcul = 'publie' then i.agregation = 'somme' and i.niveau_fin = 'COM'
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
            case when h.territoire is null and a.haut = 'nulle' then 0 else h.valeur end as haut,
            case when b.territoire is null and a.bas = 'nulle' then 0 else b.valeur end as bas,
            h.confidentialite in ('C', 'D') or coalesce(b.confidentialite in ('C', 'D'), false) as est_secrete,
            case when h.territoire is null and a.haut = 'nulle' then 0 else h.n_unites end as n_unites,
            case when h.territoire is null and a.haut = 'nulle' then 0 else h.part_max end as part_max
        from periodes as p
        cross join d
        cross join termes as t
        cross join absences as a
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
    )

    select
        un_indicateur as indicateur,
        s.periode,
        case
            when e.inconnues is not null or e.nombre <> e.nombre_distinctes or not t.est_sommable then null
            when s.nombre_haut < s.nombre_communes or r.texte is not null then null
            when t.terme_bas is null then s.haut
            when s.nombre_bas < s.nombre_communes or s.bas = 0 then null
            else t.facteur * s.haut / s.bas
        end as valeur,
        s.nombre_communes,
        case
            when e.inconnues is not null then 'Commune inconnue du COG de la publication : ' || e.inconnues || '. Voir la table passages.'
            when e.nombre <> e.nombre_distinctes then 'Une commune est donnée deux fois.'
            when not t.est_sommable
                then 'Cet indicateur ne s''agrège pas à partir des communes (' || t.agregation || ').'
            when s.est_secrete = 1 then 'Au moins une commune est sous secret statistique.'
            when r.texte is not null then 'Zone sous le seuil du producteur. ' || r.texte
            when s.nombre_haut < s.nombre_communes then 'Au moins une commune n''a pas de chiffre.'
            when t.terme_bas is not null and s.nombre_bas < s.nombre_communes then 'Le dénominateur manque pour au moins une commune.'
            when t.terme_bas is not null and s.bas = 0 then 'Le dénominateur est nul.'
        end as motif
    from sommes as s
    cross join erreurs as e
    cross join termes as t
    left join refusees as r on s.periode = r.periode
    order by s.periode;
