import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { freePort } from '../server/kit/testing.ts'
import { root } from './estate.ts'

/** A command that goes on until it is stopped, and what its browser was asked to open. */
async function opened(directory: string, command: readonly string[]): Promise<{ readonly told: string; readonly address: string; readonly stop: () => Promise<number | null> }> {
  const asked = join(directory, `${command[0] ?? ''}.asked`)
  const opener = join(directory, 'xdg-open')
  writeFileSync(opener, `#!/bin/sh\nprintf %s "$1" > "${asked}"\n`)
  chmodSync(opener, 0o755)
  const child = spawn(process.execPath, [join(root, 'server/main.ts'), ...command], { env: { ...process.env, PATH: `${directory}:${process.env['PATH'] ?? ''}` }, stdio: ['ignore', 'pipe', 'inherit'] })
  let told = ''
  child.stdout.on('data', (text: Buffer) => { told += text.toString() })
  while (!existsSync(asked) || readFileSync(asked, 'utf8') === '') { if (child.exitCode !== null) throw new Error(told); await wait(100) }
  return { get told() { return told }, address: readFileSync(asked, 'utf8'), async stop() { child.kill('SIGTERM'); await once(child, 'exit'); return child.exitCode } }
}

async function todayOf(address: string): Promise<unknown> {
  const url = new URL(address)
  const api = (path: string): URL => new URL(`/api/v1${path}`, url.origin)
  const signedIn = await fetch(api('/sign-in/link'), { method: 'POST', headers: { 'content-type': 'application/json', origin: url.origin }, body: JSON.stringify({ token: new URLSearchParams(url.hash.slice(1)).get('link') }) })
  expect(signedIn.status).toBe(200)
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return (await fetch(api('/controllers'), { headers: { cookie } })).json()
}

test('the case is played, and a full portal opens on it, signed in; later it is opened again', { timeout: 600_000 }, async () => {
  const directory = join(inject('testDirectory'), 'case-serve')
  mkdirSync(directory, { recursive: true })
  const [played, port] = [join(directory, 'case'), await freePort()]
  const first = await opened(directory, ['case', '--people', '300', '--dir', played, '--serve', `127.0.0.1:${port}`, '--open'])
  expect(first.told).toContain(first.address)
  expect(await todayOf(first.address)).toMatchObject({ total: 2 })
  expect(await first.stop()).toBe(0)
  const again = await opened(directory, ['serve', '--dir', played, '--http', `127.0.0.1:${port}`, '--listen', `127.0.0.1:${await freePort()}`, '--open'])
  expect(again.address).not.toBe(first.address)
  expect(await todayOf(again.address)).toMatchObject({ total: 2 })
  expect(await again.stop()).toBe(0)
})
