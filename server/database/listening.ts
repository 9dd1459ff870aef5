import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { clientOptions, patiently, type Address } from './connection.ts'

export interface ListeningOptions {
  /** Identifiers of ours, never a user's. */
  readonly channels: readonly string[]
  /**
   * Held as an advisory lock for as long as the connection lives: so that others see, by trying it, whether this process does. The database
   * lets go of it when the process dies, whatever it died of.
   */
  readonly holds?: bigint
  /** Never throws. Said meanwhile is not heard after a lost connection: `connected` is the moment to look for oneself. */
  readonly heard: (channel: string, payload: string) => void
  readonly connected?: () => void
}

export interface Listening {
  close(): Promise<void>
}

/** Milliseconds between two attempts to connect again. */
const againMilliseconds = 250

/** Listens on a connection of its own, again and again when it is lost, until closed. Resolves when it listens for the first time; @throws when it cannot. */
export async function listenAt(address: Address, options: ListeningOptions): Promise<Listening> {
  let client = await connectListening(address, options)
  let closed = false
  const keep = async (): Promise<void> => {
    for (;;) {
      await new Promise<void>((resolve) => client.once('end', () => resolve()))
      while (!closed) {
        await sleep(againMilliseconds, undefined, { ref: false })
        const again = closed ? undefined : await connectListening(address, options).catch(() => undefined)
        if (again === undefined) continue
        client = again
        break
      }
      if (closed) return client.end()
    }
  }
  const kept = keep()
  return {
    close: async () => {
      closed = true
      await client.end().catch(() => undefined)
      await kept.catch(() => undefined)
    },
  }
}

async function connectListening(address: Address, { channels, holds, heard, connected }: ListeningOptions): Promise<pg.Client> {
  const client = await patiently(address, async () => {
    const attempt = new pg.Client({ ...clientOptions(address), keepAlive: true, application_name: 'bailee listening' })
    attempt.on('error', () => undefined)
    await attempt.connect()
    return attempt
  })
  client.on('notification', ({ channel, payload }) => heard(channel, payload ?? ''))
  try {
    for (const channel of channels) await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    if (holds !== undefined) await client.query('select pg_advisory_lock($1::bigint)', [holds.toString()])
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw cause
  }
  connected?.()
  return client
}
