import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../ledger/testing.ts'
import { readProvider } from './provider.ts'

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
