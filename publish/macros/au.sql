-- au(date '2024-01-15') : les chiffres des producteurs tels qu'on les connaissait ce jour-là, dans la géographie de leur publication.
create or replace macro au(un_jour) as table
    select * exclude (connu_du, connu_jusqua)
    from observations_historique
    where
        connu_du < cast(un_jour as date) + interval 1 day
        and (connu_jusqua is null or connu_jusqua >= cast(un_jour as date) + interval 1 day);
