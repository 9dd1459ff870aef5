// Everything that is shown of the gateway, once more without the system's own calls: as on other systems, and as for sessions over TLS.
import { afterAll } from 'vitest'

process.env['BAILEE_GATEWAY_RELAY'] = 'streams'
afterAll(() => { delete process.env['BAILEE_GATEWAY_RELAY'] }) // files that follow share this process
await import('./gateway.test.ts')
await import('./lines/line.test.ts')

export {}
