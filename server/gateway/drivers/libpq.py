# One script of behaviour through psycopg2 or psycopg 3 (`2` or `3` is the first argument). Prints what came of each step, a line each;
# the test beside it runs it at PostgreSQL itself and through the gateway, and compares.
import hashlib
import importlib
import io
import os
import sys
import threading

three = sys.argv[1] == '3'
driver = importlib.import_module('psycopg' if three else 'psycopg2')
given = {name: os.environ['DRIVER_' + name.upper()] for name in ('host', 'port', 'user', 'password', 'dbname')}
columns = 'id, n, big, small, f, r, b, t, v, d, ts, tz, i, u, j, jb, ia, ta, na, net, span, mood, by'


def connect(authority=os.environ['DRIVER_CA']):
    return driver.connect(sslmode='verify-full', sslrootcert=authority, **given)


def say(name, value):
    print(name + '\t' + ascii(value))


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def refused(name, connection, statement, parameters=None):
    try:
        connection.cursor().execute(statement, parameters)
        say(name, 'no error')
    except driver.Error as error:
        say(name, error.sqlstate if three else error.pgcode)
    connection.rollback()


def types(connection):
    for binary in (False, True) if three else (False,):
        cursor = connection.cursor(binary=True) if binary else connection.cursor()
        cursor.execute('SELECT ' + columns + ' FROM crm.form ORDER BY id LIMIT ' + ('1' if binary else '3'))
        for row in cursor:
            say('types binary' if binary else 'types', [plain(value) for value in row])
        say('description', [(column.name, column.type_code) for column in cursor.description])
    cursor = connection.cursor()
    cursor.execute('SELECT %s::numeric, %s::timestamptz, %s::text[], %s::bytea, %s::json', ('1.50', '2019-04-01 12:00:00+02', ['a', 'b'], b'\x00\xff', '{"a": 1}'))
    say('parameters', [plain(value) for value in cursor.fetchone()])
    connection.commit()


def errors(connection):
    refused('division', connection, 'SELECT 1/0')
    refused('syntax', connection, 'SELEC 1')
    refused('privilege', connection, 'SELECT email FROM crm.listener')
    refused('cast', connection, 'SELECT %s::int', ('x',))
    refused('duplicate', connection, 'INSERT INTO crm.task (id, note) VALUES (1, %s), (1, %s)', ('a', 'b'))


def transactions(connection):
    cursor = connection.cursor()
    cursor.execute('DELETE FROM crm.task')
    cursor.execute('INSERT INTO crm.task (id, note) VALUES (%s, %s)', (1, 'kept'))
    cursor.execute('SAVEPOINT one')
    try:
        cursor.execute('INSERT INTO crm.task (id, note) VALUES (1, %s)', ('twice',))
    except driver.Error as error:
        say('savepoint', error.sqlstate if three else error.pgcode)
    cursor.execute('ROLLBACK TO SAVEPOINT one')
    cursor.executemany('INSERT INTO crm.task (id, note) VALUES (%s, %s)', [(2, 'b'), (3, 'c')])
    connection.commit()
    cursor.execute('UPDATE crm.task SET note = %s WHERE id > 1', ('changed',))
    say('updated', cursor.rowcount)
    connection.rollback()
    cursor.execute('SELECT id, note FROM crm.task ORDER BY id')
    say('kept', cursor.fetchall())
    connection.commit()


def reading(connection):
    cursor = connection.cursor()
    total = 0
    for index in range(30):
        cursor.execute('SELECT count(*) FROM crm.listener WHERE user_id > %s', (index,), **({'prepare': True} if three else {}))
        total += cursor.fetchone()[0]
    say('prepared', total)
    digest, rows = hashlib.sha256(), 0
    with connection.cursor('portal') as portal:
        portal.itersize = 100
        portal.execute('SELECT user_id, country FROM crm.listener ORDER BY user_id')
        for row in portal:
            digest.update(repr(row).encode())
            rows += 1
    say('cursor', (rows, digest.hexdigest()))
    connection.commit()
    cursor.execute("SELECT i, repeat('x', 100) FROM generate_series(1, 30000) AS i")
    say('large', (cursor.rowcount, hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()))
    connection.commit()
    if three:
        with connection.pipeline():
            piped = [connection.execute('SELECT %s::int + 1', (index,)) for index in range(20)]
        say('pipeline', [one.fetchone()[0] for one in piped])
        connection.commit()


def cancelled(connection):
    timer = threading.Timer(1, connection.cancel)
    timer.start()
    refused('cancelled', connection, 'SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b')
    timer.join()
    cursor = connection.cursor()
    cursor.execute('SELECT 1')
    say('after cancelling', cursor.fetchone())
    connection.rollback()


def copied():
    connection = connect()
    try:
        if three:
            with connection.cursor().copy('COPY crm.task (id, note) TO STDOUT') as copy:
                say('copy out', b''.join(bytes(part) for part in copy))
        else:
            into = io.StringIO()
            connection.cursor().copy_expert('COPY crm.task (id, note) TO STDOUT', into)
            say('copy out', into.getvalue())
    except driver.Error as error:
        say('copy out', error.sqlstate if three else error.pgcode)
    connection.close()


connection = connect()
for work in (types, errors, transactions, reading, cancelled):
    work(connection)
say('parameters of the session', [connection.info.parameter_status(name) for name in ('server_version', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings', 'integer_datetimes')])
say('encrypted', connection.info.ssl_in_use if not three else connection.pgconn.ssl_in_use)
connection.close()
connection = connect()
cursor = connection.cursor()
cursor.execute('SELECT count(*) FROM crm.task')
say('connected again', cursor.fetchone())
connection.close()
copied()
try:
    connect(os.environ['DRIVER_OTHER_CA'])
    say('another authority', 'was believed')
except driver.OperationalError as error:
    say('another authority', 'certificate verify failed' in str(error))
