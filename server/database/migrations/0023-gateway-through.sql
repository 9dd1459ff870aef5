-- 0023 gateway: a way out that is found ends the sessions that could take it
create function proof_through() returns trigger language plpgsql as $$
begin
  notify bailee_judged;
  return null;
end $$;
create trigger through after insert or update of state on proof for each row when (new.state = 'through') execute function proof_through();
