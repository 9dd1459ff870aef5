import { firstNames, lastNames } from './names.ts'

const customerCount = 59

/** A table of customers of the shape of Chinook's, for a machine without Chinook's script: names are put together, domains reserved. */
export function inventedCustomers(): string {
  const rows = Array.from({ length: customerCount }, (_, index) => {
    const first = firstNames[(index * 7) % firstNames.length] ?? ''
    const last = lastNames[(index * 11) % lastNames.length] ?? ''
    const local = `${first}.${last}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
    return `(${index + 1}, '${first}', '${last}', '${index + 1} Main Street', 'Calgary', 'CA', '+1 (403) 555-${String(100 + index).padStart(4, '0')}', '${local}${index + 1}@chinook.example')`
  })
  return `
    create table public.customer (customer_id integer primary key, first_name varchar(40) not null, last_name varchar(20) not null, address varchar(70),
      city varchar(40), country varchar(40), phone varchar(24), email varchar(60) not null);
    insert into public.customer values ${rows.join(', ')}`
}
