-- 0235 answered-with-a-passkey: an answer to a warning may be signed with a passkey of an account, as an acceptance is
alter table instruction_warning drop constraint instruction_warning_custody_check, add constraint instruction_warning_custody_check check (custody in ('signatory', 'this machine', 'passkey'));
