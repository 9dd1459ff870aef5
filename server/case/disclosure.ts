/** What may go to somebody else: the list of those to be written to, to the sub-processor that contract and instruction name, encrypted to its key; and what may not. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { traceContext, type Bailee } from '#composition'
import { csvFields } from '#inventory'
import { scratchIn } from '#trace'
import { discloseData, recordReceipt, type TransferContext } from '#transfer'
import { Broken, Refused } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { writeWhole } from './progress.ts'
import type { Outcome, Scene } from './steps.ts'
import { subProcessor } from './subProcessor.ts'

const sent = parseInstant('2019-03-06') ?? 0

/** What transfers work with. */
export function transferContext(bailee: Bailee): TransferContext {
  return { ledger: bailee.ledger, references: bailee.references, scratch: scratchIn(traceContext(bailee).directory) }
}

/** A key of age that lies with whoever it stands for; made once a story. */
export async function ageKey(file: string): Promise<{ readonly identity: string; readonly recipient: string }> {
  const { generateIdentity, identityToRecipient } = await import('age-encryption') // loaded when used
  if (!existsSync(file)) writeWhole(file, `${await generateIdentity()}\n`, 0o600)
  const identity = readFileSync(file, 'utf8').trim()
  return { identity, recipient: await identityToRecipient(identity) }
}

/** The rows of a CSV file that was encrypted to this key, without its line of names: read with the key alone, as whoever received it would. */
export async function* openedRows(file: string, identity: string): AsyncGenerator<(string | null)[]> {
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  const plain = await decrypter.decrypt(Readable.toWeb(createReadStream(file)) as never)
  let names = true
  for await (const row of csvFields(plain as unknown as AsyncIterable<Uint8Array>)) {
    if (!names) yield row
    names = false
  }
}

/** Where the sub-processor takes files: whole and under their name when it has answered. */
async function openInbox(folder: string): Promise<{ readonly server: Server; readonly url: string }> {
  mkdirSync(folder, { recursive: true })
  const server = createServer((message, response) => {
    const file = join(folder, basename(new URL(message.url ?? '/', 'http://inbox.example').pathname))
    void message.toArray().then((pieces) => writeFile(`${file}.part`, Buffer.concat(pieces as Buffer[]), { flush: true })).then(() => { renameSync(`${file}.part`, file); response.writeHead(201).end() }, () => { response.writeHead(500).end() })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/` }
}

interface Segment { readonly name: string; readonly derived: string; readonly rows: number }

/** b3. The list goes to whom the controller named, once, however often it is sent; a segment that was made from more than the instruction names goes to nobody, and nothing goes to a stranger. */
export async function discloseList({ bailee, before, directory }: Scene): Promise<Outcome> {
  const segments = (before['b2']?.['activities'] ?? []) as readonly Segment[]
  const [list, genres] = ['re-engage.sql', 'genres.sql'].map((name) => segments.find((one) => one.name === name))
  if (list === undefined || genres === undefined) throw new Broken('case/no-segment', 'the segments of the step before are not known')
  const folder = join(directory, 'sub-processor')
  const { identity, recipient } = await ageKey(join(folder, 'age.key'))
  const inbox = await openInbox(join(folder, 'in'))
  try {
    writeWhole(join(directory, 'secrets', 'campaign-post.url'), `${inbox.url}\n`, 0o600)
    const request = { instruction: 'INS-4', person: 'noa', to: subProcessor, what: list.derived, address: 'file:secrets/campaign-post.url', recipientKey: recipient }
    const send = (change: Partial<typeof request> = {}) => discloseData(transferContext(bailee), { ...request, ...change }, sent)
    const refused = [await refusalOf(send({ to: 'Ad Network Ltd' })), await refusalOf(send({ what: genres.derived }))]
    const { disclosure } = await send()
    const again = await send()
    const file = join(folder, 'in', `${disclosure.id}.csv.age`)
    let rows = 0
    for await (const row of openedRows(file, identity)) rows += row.length === disclosure.columns.length ? 1 : 0
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex')
    await recordReceipt(bailee.ledger, { of: disclosure.id, sha256: createHash('sha256').update(`received ${rows} rows, sha256 ${hash}`).digest('hex'), says: `received ${rows} rows`, by: 'dana' }, sent)
    return {
      ok: rows === list.rows && disclosure.rows === rows && hash === disclosure.sha256 && again.already && refused.join() === 'transfer/not-authorised,transfer/not-named',
      evidence: { disclosure: disclosure.id, recipient: disclosure.recipient, country: disclosure.country, columns: disclosure.columns, rows, sent_again: !again.already, sealed: disclosure.sealedTo !== null, sha256: hash, refused },
      told: `${rows.toLocaleString('en-GB')} rows to ${disclosure.recipient}, encrypted to its key, recorded before the first byte; to a stranger, and of columns that nobody named: refused`,
    }
  } finally {
    inbox.server.close()
  }
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'done', (cause: unknown) => { if (cause instanceof Refused) return cause.code; throw cause })
}
