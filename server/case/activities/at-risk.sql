-- Listeners who pay and hardly listen any more: the likeliest to leave. The score is 1 for whoever stopped.
select user_id, country, plan, tracks_per_day, round(1 - tracks_per_day / 5.0, 2) as risk
from crm.listener
where plan <> 'free' and tracks_per_day < 5
