-- zone(['14118', '14327'], 'population_municipale') : un indicateur sur une liste de communes d'aujourd'hui, à toutes ses périodes.
-- Additif : somme de parties toutes connues. Ratio : numérateur et dénominateur sommés, puis divisés. Sinon NULL et le motif :
-- une médiane, un quantile, un indice ne s'agrègent pas. Une commune inconnue ou donnée deux fois rend tout NULL et le dit.
create or replace macro zone(liste_de_communes, un_indicateur) as table
    with demandees as (
        select unnest(liste_de_communes) as code_commune
    ),

    erreurs as (
        select
            count(*) as nombre,
            count(distinct d.code_commune) as nombre_distinctes,
            string_agg(case when t.territoire is null then d.code_commune end, ', ') as inconnues
        from demandees as d
        left join territoires as t on t.territoire = 'COM-' || d.code_commune
    ),

    definition as (
        select * from indicateurs
        where indicateur = un_indicateur
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
            h.confidentialite
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
            max(case when p.confidentialite = 'C' then 1 else 0 end) as est_secrete
        from parts as p
        group by p.periode
    )

    select
        un_indicateur as indicateur,
        s.periode,
        case
            when e.inconnues is not null or e.nombre <> e.nombre_distinctes or not t.est_sommable then null
            when s.nombre_haut < s.nombre_communes then null
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
            when s.nombre_haut < s.nombre_communes then 'Au moins une commune n''a pas de chiffre.'
            when t.terme_bas is not null and s.nombre_bas < s.nombre_communes then 'Le dénominateur manque pour au moins une commune.'
            when t.terme_bas is not null and s.bas = 0 then 'Le dénominateur est nul.'
        end as motif
    from sommes as s
    cross join erreurs as e
    cross join termes as t
    order by s.periode;
