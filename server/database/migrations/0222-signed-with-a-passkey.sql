-- 0222 signed-with-a-passkey: what a signatory says of a contract may be signed with a passkey of their account, as an acceptance is
alter table contract_choice drop constraint contract_choice_custody_check, add constraint contract_choice_custody_check check (custody in ('signatory', 'this machine', 'passkey'));
alter table contract_release drop constraint contract_release_custody_check, add constraint contract_release_custody_check check (custody in ('signatory', 'this machine', 'passkey'));
alter table contract_sub_processor drop constraint contract_sub_processor_custody_check, add constraint contract_sub_processor_custody_check check (custody in ('signatory', 'this machine', 'passkey'));
