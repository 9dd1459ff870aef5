import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresTransport } from '#inventory'
import { certificateFor, createEncryptedDatabase, loopbackOfOneself, type ClientDatabase } from '../../gateway/testing.ts'

const address = loopbackOfOneself()
let client: ClientDatabase
beforeAll(async () => { client = await createEncryptedDatabase(certificateFor(), address) }, 30_000)
afterAll(() => client.stop())

test('the server itself says how the very connection travels: by TLS with its version, or on the machine alone', async () => {
  const encrypted = await postgresTransport(`postgres://analyst:tok-noa@${address}:5432/crm?sslmode=no-verify`)
  expect(encrypted).toMatchObject({ is: 'encrypted', says: expect.stringMatching(/^TLSv1\.[23], \S+/) as string })
  expect(await postgresTransport(client.gatewayUrl)).toMatchObject({ is: 'local' })
  await expect(postgresTransport(`postgres://analyst:wrong@${address}:5432/crm?sslmode=no-verify`)).rejects.toThrow()
})
