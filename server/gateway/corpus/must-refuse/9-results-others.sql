-- Ways out: from the schema of results to others, and past what is measured there. As in the file before.

-- results/fetched: what FETCH runs of a portal has the tag of FETCH; here it makes a materialized view
-- where: results
-- expect: cut 0A000 42501
\bytes 5000000050004558504c41494e20414e414c595a4520435245415445204d4154455249414c495a45442056494557206261696c65655f617474656d70742041532053454c45435420312041532078000000420000000d6300000000000000005100000015464554434820414c4c2046524f4d206300

-- results/moved-over: the same with MOVE
-- where: results
-- expect: cut 0A000 42501
\bytes 5000000050004558504c41494e20414e414c595a4520435245415445204d4154455249414c495a45442056494557206261696c65655f617474656d70742041532053454c45435420312041532078000000420000000d63000000000000000051000000144d4f564520414c4c2046524f4d206300

-- results/owner-group: one's own table to every session
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt (x int)
ALTER TABLE bailee_attempt OWNER TO bailee_session

-- results/owned-group: everything to every session
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt (x int)
REASSIGN OWNED BY {role} TO bailee_session

-- results/as-group: a table that belongs to every session
-- where: results
-- expect: refused 42501
SET ROLE bailee_session
CREATE TABLE bailee_attempt (x int)

-- results/left-behind: a transaction that outlives its session
-- where: results
-- in: corpus
-- alone
-- expect: refused 55000
BEGIN
CREATE TABLE bailee_attempt (x int)
PREPARE TRANSACTION 'bailee_attempt'

-- results/tablespace: where the tables of all databases lie
-- where: results
-- expect: refused 42501 22023
CREATE TABLE bailee_attempt (x int) TABLESPACE pg_global

-- results/index-theirs: an index of the client's own table
-- where: results
-- expect: refused 42501
CREATE INDEX bailee_attempt ON {table} ({column})

-- results/row-type: a column of the row type of the client's own table, which could then not be altered
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x {table})

-- results/row-types: the same in an array
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x {table}[])

-- results/typed: a table of the row type of the client's own
-- where: results
-- expect: refused 42809 42501
CREATE TABLE bailee_attempt OF {table}

-- results/into: SELECT INTO of what the instruction does not name
-- where: results
-- expect: refused 42501
SELECT {forbidden} INTO bailee_attempt FROM {table} LIMIT 0

-- results/executed: a table of a prepared statement of what the instruction does not name
-- where: results
-- expect: refused 42501
PREPARE p AS SELECT {forbidden} FROM {table} LIMIT 0
CREATE TABLE bailee_attempt AS EXECUTE p

-- results/copied-in: rows copied into the client's own table
-- where: results
-- expect: refused 42501
-- unless: write
COPY {table} FROM STDIN

-- results/label: a security label
-- where: results
-- expect: refused 42501 22023
CREATE TABLE bailee_attempt (x int)
SECURITY LABEL ON TABLE bailee_attempt IS 'x'

-- results/clustered: a table in the order of an index
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int PRIMARY KEY)
CLUSTER bailee_attempt USING bailee_attempt_pkey

-- results/publication: sent on to whoever subscribes
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
CREATE PUBLICATION bailee_attempt FOR TABLE bailee_attempt

-- results/large: a large object
-- where: results
-- expect: refused 42501
SELECT lo_create(0)

-- results/trigger-constraint: a constraint trigger of a function that PostgreSQL brings
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON bailee_attempt FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- results/shape-theirs: a column more in the client's own table
-- where: results
-- expect: refused 42501
ALTER TABLE {table} ADD bailee_attempt int

-- results/schema-of-another: a table in another schema of results
-- where: results
-- expect: refused 42501 3F000
CREATE TABLE der_bailee_attempt.bailee_attempt (x int)
