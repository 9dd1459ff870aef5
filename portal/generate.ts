/** Writes the types of the API's answers from the document that describes it: `node portal/generate.ts`. A test says when they are stale. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import { buildServer } from '../server/api/index.ts'

const file = join(import.meta.dirname, 'client/document.d.ts')

/** The types as they should be now. */
export async function generated(): Promise<string> {
  const nobody = { authenticate: async () => undefined, end: async () => undefined, redeemLink: async () => undefined }
  const app = await buildServer({ bailee: {} as never, clock: () => 0, signIn: nobody, origin: 'http://localhost', portal: '', asController: async () => { throw new Error('nothing is read here') }, report: () => undefined })
  try {
    const { payload } = await app.inject({ method: 'GET', url: '/api/openapi.json' })
    return `// Written by portal/generate.ts from the API's document. Do not edit.\n${astToString(await openapiTS(payload, { alphabetize: true }))}`
  } finally {
    await app.close()
  }
}

if (import.meta.main) writeFileSync(file, await generated())
