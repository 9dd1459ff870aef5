-- Those who listen most, by what they named first among their favourites: a segment each.
select user_id, country, language, favourite_artists[1] as segment
from crm.listener
where tracks_per_day >= 85 and cardinality(favourite_artists) > 0
