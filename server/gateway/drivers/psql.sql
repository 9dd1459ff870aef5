\set ON_ERROR_STOP off
\pset format unaligned
\pset null (null)
SELECT * FROM crm.form ORDER BY id;
SELECT 1/0;
\echo division :LAST_ERROR_SQLSTATE
SELEC 1;
\echo syntax :LAST_ERROR_SQLSTATE
SELECT email FROM crm.listener;
\echo privilege :LAST_ERROR_SQLSTATE
INSERT INTO crm.task (id, note) VALUES (1, 'a'), (1, 'b');
\echo duplicate :LAST_ERROR_SQLSTATE
BEGIN;
DELETE FROM crm.task;
INSERT INTO crm.task (id, note) VALUES (1, 'kept');
SAVEPOINT one;
INSERT INTO crm.task (id, note) VALUES (1, 'twice');
\echo savepoint :LAST_ERROR_SQLSTATE
ROLLBACK TO one;
COMMIT;
BEGIN;
UPDATE crm.task SET note = 'changed';
\echo updated :ROW_COUNT
ROLLBACK;
SELECT id, note FROM crm.task;
PREPARE counted (int) AS SELECT count(*) FROM crm.listener WHERE user_id > $1;
EXECUTE counted(1);
EXECUTE counted(4000);
DEALLOCATE counted;
\set FETCH_COUNT 100
SELECT user_id, country FROM crm.listener ORDER BY user_id;
\set FETCH_COUNT 0
SELECT i, repeat('x', 100) FROM generate_series(1, 20000) AS i;
SELECT user_id FROM crm.listener ORDER BY user_id LIMIT 2 \gdesc
SELECT 'one' AS name \gset
\echo :name
SELECT country, plan, count(*) FROM crm.listener GROUP BY 1, 2 ORDER BY 1 \crosstabview
\d crm.form
\dt crm.*
\encoding
\connect
SELECT count(*) FROM crm.task;
