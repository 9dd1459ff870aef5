-- 0175 breach: why a controller was told later than its contract says, for the record of all breaches (Art. 33(5))
alter table breach add column delay text;
