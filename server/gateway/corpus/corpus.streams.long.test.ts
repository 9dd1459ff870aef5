// Every way out, and everything that must pass, once more without the system's own calls.
import { afterAll } from 'vitest'

process.env['BAILEE_GATEWAY_RELAY'] = 'streams'
afterAll(() => { delete process.env['BAILEE_GATEWAY_RELAY'] }) // files that follow share this process
await import('./corpus.test.ts')

export {}
