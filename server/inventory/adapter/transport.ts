/** How a connection to a store travels, as its own server says of the very connection it is asked by. */
import { openMysqlSession } from './drivers.ts'
import { withClient } from './postgresSession.ts'
import { hostIsOwn, isOwn, type Transport } from './reached.ts'

/** Asks a PostgreSQL server. Throws `Broken` when it cannot be reached. */
export async function postgresTransport(url: string): Promise<Transport> {
  return withClient(url, async (client) => {
    const [row] = (await client.query<{ version: string | null; cipher: string | null; address: string | null }>('select version, cipher, inet_client_addr() as address from pg_stat_ssl where pid = pg_backend_pid()')).rows
    if (row?.version !== null && row?.version !== undefined) return { is: 'encrypted', says: `${row.version}, ${row.cipher ?? ''}` }
    return isOwn(row?.address ?? null) ? { is: 'local', says: 'a connection that does not leave the machine' } : { is: 'clear', says: 'no TLS' }
  })
}

/** Asks a MariaDB or MySQL server. Throws `Broken` when it cannot be reached. */
export async function mysqlTransport(url: string): Promise<Transport> {
  const session = await openMysqlSession(url)
  try {
    const status = new Map((await session.ask<{ Variable_name: string; Value: string }>('show session status where Variable_name in (\'Ssl_version\', \'Ssl_cipher\')')).map((row) => [row.Variable_name, row.Value]))
    const version = status.get('Ssl_version') ?? ''
    if (version !== '') return { is: 'encrypted', says: `${version}, ${status.get('Ssl_cipher') ?? ''}` }
    const host = URL.parse(url)?.hostname ?? ''
    return hostIsOwn(host) ? { is: 'local', says: 'a connection that does not leave the machine' } : { is: 'clear', says: 'no TLS' }
  } finally {
    session.close()
  }
}
