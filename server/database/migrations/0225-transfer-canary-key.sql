-- 0225 transfer-canary-key: of which key the marks of a copy are, where a contract follows one whose key went with its exit; of copies begun before, the first
alter table transfer add column canary_key text;
