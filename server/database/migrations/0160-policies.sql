-- 0160 policies: of every table that carries rows of controllers, a controller's own people are shown their own; of other tables, what is named here; of the rest, nothing
-- The log that the transaction is held to: nothing when it is not.
create function own_slot() returns integer language sql stable parallel safe return nullif(current_setting('bailee.slot', true), '')::integer;

-- Holds a table that carries rows of controllers. Its owner sees all of it, unless the transaction is held to one log; whoever else, of that log, the rows for which `own` is true, or none
-- when nothing says which are. Who may ask at all is granted when Bailee starts, by these policies. Forced: what runs as the owner inside such a transaction is held as well.
create function hold_rows(held regclass, own text default null) returns void language plpgsql as $$
declare
  owner constant text := format('(select relowner from pg_class where oid = %L::regclass)', held);
begin
  execute format('alter table %s enable row level security', held);
  execute format('alter table %s force row level security', held);
  execute format('create policy firm on %s using (own_slot() is null and pg_has_role(%s, ''usage''))', held, owner);
  -- By the account that signed in: the same role may serve another Bailee of the same server, whose account owns nothing here.
  if own is not null then execute format('create policy own on %s for select using ((%s) and pg_has_role(session_user, %s, ''usage''))', held, own, owner); end if;
end $$;

-- Names a table without rows of any controller, which a controller's own people may read.
create function share_rows(shared regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', shared);
  execute format('create policy common on %s for select using (true)', shared);
end $$;

select hold_rows(held::regclass, 'slot = own_slot()') from unnest('{
  log, entry, payload, head, snapshot_head, controller, contract, contract_choice, contract_release, contract_return_key, contract_term, contract_sub_processor, controller_notice, notice_acknowledgement, signatory,
  dataset, derived_dataset, instruction, instruction_warning, access_grant, session, fingerprint, sweep, finding, transfer, data_return, disclosure, transfer_receipt, activity, activity_schedule,
  erasure, erasure_exception, subject_request, certificate, breach, breach_census, assessment, register_compulsion}'::text[]) as held;

select hold_rows(held::regclass, own) from (values
  ('statement', 'exists (select from session where session.id = statement.session)'), ('session_lease', 'exists (select from session where session.id = session_lease.session)'),
  ('budget', 'exists (select from instruction where instruction.id = budget.instruction)'), ('data_return_terms', 'exists (select from data_return where data_return.id = data_return_terms.id)'),
  ('erasure_step', 'exists (select from erasure where erasure.id = erasure_step.erasure)'), ('erasure_physical', 'exists (select from erasure where erasure.id = erasure_physical.erasure)'),
  ('erasure_environment', 'exists (select from erasure where erasure.id = erasure_environment.erasure)'), ('erasure_warning', 'exists (select from erasure where erasure.id = erasure_warning.erasure)'),
  ('erasure_sub_processor', 'exists (select from erasure where erasure.id = erasure_sub_processor.erasure)'), ('certificate_pages', 'exists (select from certificate where certificate.id = certificate_pages.certificate)'),
  ('subject_step', 'exists (select from subject_request where subject_request.controller = subject_step.controller and subject_request.id = subject_step.request)'),
  ('breach_notice', 'exists (select from breach where breach.id = breach_notice.breach)'), ('breach_sending', 'exists (select from breach where breach.id = breach_sending.breach)'),
  -- A store may be called as a controller is: it is shown to those whose data are, were or were looked for there.
  ('store', 'id in (select store from dataset) or id in (select store from derived_dataset) or id in (select store from finding) or id in (select store from transfer) or id in (select store from session)
    or id in (select covered ->> ''store'' from (select coverage from sweep order by swept_at desc limit 1) as newest, jsonb_array_elements(coverage) as covered)')) as one (held, own);

-- Rows of controllers that nobody but the firm has asked for so far.
select hold_rows(held::regclass) from unnest('{account, reader_token, key_hold, key_destroyed, subtree, replication, road, proof, anomaly, review, review_item}'::text[]) as held;

select share_rows(shared::regclass) from unnest('{processor, environment, person, commitment, training, training_passed, snapshot, witness_policy, witness_contact, cosignature, paper_key}'::text[]) as shared;
