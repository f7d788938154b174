-- classement('taux_chomage_localise', 'ZE2020') : les territoires d'un niveau, classés à la dernière période où l'indicateur est connu.
-- Un chiffre secret n'est pas classé ; un taux imprimé « 5 ou moins » non plus.
create or replace macro classement(un_indicateur, un_type_territoire) as table
    with connues as (
        select
            o.*,
            t.libelle
        from observations as o
        inner join territoires as t on o.territoire = t.territoire
        where
            o.indicateur = case
                when (
                    select count(*) from indicateurs as x
                    where x.indicateur = un_indicateur
                ) = 0
                    then error('Indicateur inconnu : ' || coalesce(un_indicateur, 'NULL') || '. Voir la table indicateurs.')
                else un_indicateur
            end and t.type_territoire = un_type_territoire and o.modalite = '_T' and o.valeur is not null
            and o.marque_producteur is distinct from '5 ou moins' and o.marque_producteur is distinct from '95 ou plus'
            and not (t.type_territoire = 'UU2020' and t.code_territoire like '%000')
            and not (t.type_territoire = 'AAV2020' and t.code_territoire = '000')
    )

    select
        rank() over (order by c.valeur desc) as rang,
        c.territoire,
        c.libelle,
        c.periode,
        c.valeur,
        c.statut,
        c.methode
    from connues as c
    where c.date_fin = (select max(d.date_fin) from connues as d)
    order by 1, 2;
