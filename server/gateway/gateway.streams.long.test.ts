// Everything that is shown of the gateway, once more without the system's own calls: as on other systems, and as for sessions over TLS.
process.env['BAILEE_GATEWAY_RELAY'] = 'streams'
await import('./gateway.test.ts')
await import('./lines/line.test.ts')

export {}
