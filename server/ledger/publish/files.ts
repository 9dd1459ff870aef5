import { formatVerifierKey } from '@bailee/verifier'
import type { Clock } from '#kit/time'
import { satisfiedPolicy, standingOf } from '../cosign/cosign.ts'
import type { Ledger } from '../ledger.ts'
import { successionNotes } from '../rotation/rotate.ts'
import { current, ofRoot, ofSlot, publisherOf, type LogFile, type Published, type Publisher } from './publish.ts'

/**
 * The static files of one controller's log, laid out as in its bundle: `root/...`, `client/...`, `common/...`, `heads/<snapshot>`, `common-heads/<snapshot>`, `policy`, `client.vkey`, `common.vkey`, `keys/<i>`, and beside
 * them `keys`, how many of these there are. For a server that knows by itself who asks: nobody is asked for a token here. Nothing that is sealed is opened.
 */
export function openLogFiles(ledger: Ledger, clock: Clock): (slot: number, path: string) => Promise<LogFile | undefined> {
  const publisher = publisherOf({ ledger, clock })
  return async (slot, path) => {
    const [, folder, rest] = /^(root|client|common)[/](.+)$/.exec(path) ?? []
    if (rest !== undefined) return folder === 'root' ? ofRoot(publisher, rest) : ofSlot(publisher, folder === 'common' ? 0 : slot, rest)
    if (path.startsWith('heads/')) return ofSlot(publisher, slot, path)
    if (path.startsWith('common-heads/')) return ofSlot(publisher, 0, path.slice('common-'.length))
    const signed = await current(publisher)
    return signed === undefined ? undefined : besideLogs(publisher, { slot, path, signed })
  }
}

const text = (body: string): LogFile => ({ kind: 'checkpoint', body: Buffer.from(body) })

async function besideLogs({ ledger }: Publisher, { slot, path, signed }: { readonly slot: number; readonly path: string; readonly signed: Published }): Promise<LogFile | undefined> {
  const key = (of: number): LogFile => text(`${formatVerifierKey(`${ledger.origin}/${of}`, signed.signer.publicKey)}\n`)
  if (path === 'client.vkey') return key(slot)
  if (path === 'common.vkey') return key(0)
  if (path === 'policy') return text(satisfiedPolicy(ledger, signed.signer, await standingOf(ledger.database, signed)))
  const [, number] = /^keys(?:[/](0|[1-9]\d{0,3}))?$/.exec(path) ?? [undefined, undefined]
  if (!path.startsWith('keys')) return undefined
  const notes = await successionNotes(ledger, signed.size)
  const note = number === undefined ? undefined : notes[Number(number)]
  return path === 'keys' ? text(`${notes.length}\n`) : note === undefined ? undefined : text(note)
}
