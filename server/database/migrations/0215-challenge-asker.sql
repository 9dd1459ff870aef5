-- 0215 challenge: where somebody who is not known yet asks from, as a hash that ends with the process: so that nobody fills these tables, and nobody drives out what others began
alter table passkey_challenge add column asker text;
create index passkey_challenge_asker on passkey_challenge (asker, until) where account is null;
create index passkey_challenge_until on passkey_challenge (until);
alter table oidc_flow add column asker text;
create index oidc_flow_asker on oidc_flow (asker, until);
create index oidc_flow_until on oidc_flow (until);
