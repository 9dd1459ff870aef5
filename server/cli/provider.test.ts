import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../ledger/testing.ts'
import { readProvider, readProxies } from './provider.ts'

const directory = temporaryDirectory()
afterAll(() => directory.remove())
const read = (content?: string): ReturnType<typeof readProvider> => {
  if (content !== undefined) writeFileSync(join(directory.path, 'sign-in.yaml'), content)
  return readProvider({ directory: directory.path, references: { environment: { KNOWN: 'value' }, directory: directory.path } })
}

test('the sign-in provider is read from its file, its secret by reference; a file that says anything else is refused', () => {
  expect(read()).toBeUndefined()
  const provider = 'oidc: { name: Example Login, issuer: https://login.example.org, client_id: bailee'
  expect(read(`${provider}, client_secret: env:KNOWN }`)).toEqual({ name: 'Example Login', issuer: 'https://login.example.org', clientId: 'bailee', clientSecret: 'value' })
  expect(read(`${provider} }`)).toMatchObject({ clientSecret: undefined })
  for (const [content, message] of [[`${provider}, client_secret: env:UNKNOWN }`, /env:UNKNOWN is not set/], [`${provider}, client_secret: value }`, /a reference, env:NAME or file:PATH/], [`${provider}, roles: all }`, /roles/], ['', /oidc/], ['{', /not YAML/]] as const) expect(() => read(content)).toThrow(message)
})

test('proxies are named in the same file, each by its address or network; nobody is taken at their word without', () => {
  expect([read('trust_proxy: [192.0.2.1, 10.0.0.0/8, "2001:db8::/32"]'), readProxies({ directory: directory.path })]).toEqual([undefined, ['192.0.2.1', '10.0.0.0/8', '2001:db8::/32']])
  for (const wrong of ['0.0.0.0/0', '::/0', 'proxy.example', '10.0.0.0/33', '10.0.0.0/8/1', 'true']) expect(() => read(`trust_proxy: ["${wrong}"]`), wrong).toThrow(/an address of a proxy/)
  expect(() => read('trust_proxy: true')).toThrow(/trust_proxy/)
})
