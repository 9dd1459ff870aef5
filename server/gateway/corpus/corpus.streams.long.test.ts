// Every way out, and everything that must pass, once more without the system's own calls.
process.env['BAILEE_GATEWAY_RELAY'] = 'streams'
await import('./corpus.test.ts')

export {}
