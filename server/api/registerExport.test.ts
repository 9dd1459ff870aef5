import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { begun } from '../composition/testing.ts'
import { keptApi, ours } from './testing.ts'

const day = 86_400
const made = keptApi(begun + 400 * day)
const url = '/api/v1/register/export'

test.each(['json', 'xlsx', 'pdf'])('a register as %s: a page is handed what the file is, under the hash that was recorded', async (format) => {
  const file = await made.api.ask('GET', `${url}?format=${format}`, { as: { role: 'dpo' }, headers: ours })
  expect([file.statusCode, file.headers['content-length']]).toEqual([200, String(file.rawPayload.length)])
  expect(file.headers['repr-digest']).toBe(`sha-256=:${createHash('sha256').update(file.rawPayload).digest('base64')}:`)
  const page = (await made.api.ask('POST', url, { as: { role: 'dpo' }, body: { format } })).json() as { sha256: string; bytes: number; base64: string }
  const bytes = Buffer.from(page.base64, 'base64')
  expect([page.bytes, page.sha256]).toEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')])
  if (format === 'json') expect(bytes.equals(file.rawPayload)).toBe(true)
})

/** Files of registers that this process has open. */
const open = (): number => readdirSync('/proc/self/fd').filter((descriptor) => {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).includes('/scratch/spool-')
  } catch {
    return false // closed meanwhile
  }
}).length

// skipped: only Linux tells which files a process has open
test.runIf(existsSync('/proc/self/fd'))('of whoever goes away while the file is made, no file stays open', async () => {
  await made.api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = made.api.app.server.address() as AddressInfo
  const token = await made.api.signIn({ role: 'dpo' })
  for (let time = 0; time < 3; time += 1) {
    const asked = get({ host: '127.0.0.1', port, path: `${url}?format=pdf`, headers: { ...ours, cookie: `bailee_session=${token}` } })
    asked.on('error', () => undefined) // it is we who go
    while (open() === 0) await turn()
    asked.destroy()
    await vi.waitFor(() => expect(open()).toBe(0))
  }
})
