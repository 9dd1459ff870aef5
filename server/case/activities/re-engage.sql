-- Listeners to be written to because they hardly listen. Only who agreed: no answer is no.
select user_id, language, plan
from crm.listener
where tracks_per_day < 5 and newsletter is true
