import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { listen } from '../listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, ways } from '../testing.ts'
import { parseAddress } from '../address.ts'
import { compile } from './index.ts'
import { closedPattern, mustBeClosed } from './stock.ts'
import { Administration } from './store.ts'

// Debian's place; the embedded server is a PostgreSQL 18, and role membership changed in 16, MAINTAIN came in 17.
const place = '/usr/lib/postgresql'
const versions = existsSync(place) ? readdirSync(place).filter((version) => Number(version) >= 15 && existsSync(join(place, version, 'bin/initdb'))) : []

test.each(versions)('PostgreSQL %s is compiled, verified and read through the gateway like the embedded one', async (version) => {
  const client = await createClientDatabase({ binaries: join(place, version, 'bin') })
  const gateway = new Administration(parseAddress(client.gatewayUrl))
  const doorkeeper = new MemoryDoorkeeper()
  doorkeeper.tokens.set('noa', ['tok-noa'])
  doorkeeper.plans.set('INS-1', () => planOf(client.gatewayUrl))
  doorkeeper.plans.set('INS-S', () => planOf(client.gatewayUrl, { instruction: 'INS-S', tables: [{ schema: 'crm', table: 'shared', columns: ['city'], rows: 'client = \'deezer\'' }] }))
  const relay = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
  try {
    expect((await client.run(`SELECT DISTINCT p.proname FROM pg_proc p WHERE ${mustBeClosed} AND p.proname !~ '${closedPattern}' AND NOT EXISTS (SELECT FROM pg_init_privs i WHERE i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid)`)).rows).toEqual([])
    for (const [what, opening, closing, code] of ways) {
      if (code === 'table/maintain' && Number(version) < 17) continue
      await client.run(opening)
      const found = await compile(gateway, planOf(client.gatewayUrl), 'crm')
      expect(found.outcome === 'found' ? found.findings.map((finding) => finding.code) : [], what).toContain(code)
      await client.run(closing)
    }
    expect(await compile(gateway, planOf(client.gatewayUrl), 'crm')).toMatchObject({ outcome: 'ready' })
    for (const [instruction, statement, rows] of [['INS-1', 'SELECT user_id FROM crm.listener', 5000], ['INS-S', 'SELECT city FROM crm.shared', 500]] as const) {
      const session = new pg.Client({ host: '127.0.0.1', port: relay.port, user: `noa+${instruction}`, password: 'tok-noa', database: 'crm' })
      await session.connect()
      expect((await session.query(statement)).rowCount).toBe(rows)
      await expect(session.query('SELECT email FROM crm.listener')).rejects.toMatchObject({ code: '42501' })
      await session.query('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC') // makes the role undroppable by the short way
      await session.end()
    }
  } finally {
    await relay.close()
    expect((await client.run('SELECT FROM pg_roles WHERE rolname ~ \'^s_\'')).rowCount).toBe(0)
    await gateway.end()
    await client.stop()
  }
})
