/** The table that is read: a number that counts a person, and eight columns that are followed. */
import type pg from 'pg'

export const table = 'public.person'
export const identifiers = ['user_id', 'email']
export const followed = ['email', 'last_name', 'city', 'birth_date', 'plan', 'minutes', 'newsletter', 'seen_at']
export const names = ['user_id', ...followed]

const some = (values: readonly string[]): string => `(array[${values.map((value) => `'${value}'`).join(', ')}])`

/** Makes the table, of so many people; some names have letters beyond ASCII. */
export async function makeTable(client: pg.Client, rows: number): Promise<void> {
  await client.query(`create unlogged table person (user_id bigint, email text, last_name text, city text, birth_date date, plan text, minutes numeric(10, 2), newsletter boolean, seen_at timestamptz)`)
  await client.query(`insert into person select n, 'person.' || n || '@mail.example', ${some(['Martin', 'Lefèvre', 'Nowak', 'García', 'Öztürk', 'Smith', 'Dubois', 'Rossi'])}[1 + (n % 8)::int] || ' ' || n % 9973, ${some(['Paris', 'Lyon', 'Orléans', 'Berlin', 'Besançon', 'London', 'São Paulo', 'Lille', 'Nantes', 'Łódź'])}[1 + (n % 10)::int],
    date '1950-01-01' + (n * 7919 % 20000)::int, ${some(['free', 'premium', 'family', 'student'])}[1 + (n % 4)::int], n * 31 % 100000 / 100.0, n % 3 = 0, timestamptz '2019-01-01' + (n * 104729 % 31536000) * interval '1 second' from generate_series(1::bigint, ${rows}) as n`)
  await client.query('vacuum analyze person')
}

/** One person of a hundred has another plan. */
export const changeTable = (client: pg.Client): Promise<unknown> => client.query(`update person set plan = plan || '+' where user_id % 100 = 1`)

/** What PostgreSQL alone takes for it. */
export const copyToNowhere = (client: pg.Client): Promise<unknown> => client.query(`copy (select ${names.join(', ')} from person) to '/dev/null' with (format csv)`)
