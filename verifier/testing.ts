import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { bundlesOf, commitmentOf, cosignatureLine, cosignatureType, encodeEntries, formatCheckpointBody, formatHead, formatNote, formatSnapshot, formatVerifierKey, inclusionPath, leafHash, Malformed, noteSignatureLine, pathOf, rootOf, sha256, subtreesOf, tilesOf } from './index.ts'

/** For tests: the code that a reader refuses with, or `accepted`. What is no `Malformed` is thrown on. */
export const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Malformed) return error.code
    throw error
  }
  return 'accepted'
}

// Bundles made here from the page, not by the server, so that a mistake of the server's cannot hide in its own tests.

export interface Signing { readonly publicKey: Uint8Array; readonly sign: (message: Uint8Array) => Uint8Array }
export function pair(): Signing {
  const keys = generateKeyPairSync('ed25519')
  return { publicKey: Buffer.from(keys.publicKey.export({ format: 'jwk' }).x!, 'base64url'), sign: (message) => sign(null, message, keys.privateKey) }
}
export const processor = 'bailee.example'
export const rootKey = pair()
export const clientKey = pair()
export const commonKey = pair()
export const certificateKey = pair()
export const witnessKey = pair()
export const bytes = (text: string): Uint8Array => Buffer.from(text)
export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

export interface Written { readonly type: string; readonly common?: number; readonly payload?: object | string; readonly hidden?: boolean; /** The part that holds it; `evidence` when left out. */ readonly part?: string; /** Further parts, opened with it. */ readonly beside?: Readonly<Record<string, object>>; /** Further parts, never opened. */ readonly more?: Readonly<Record<string, object>> }
export interface Moment { readonly time: number; readonly client: number; readonly common: number; readonly slots?: number; readonly origin?: string; readonly fork?: boolean }
export interface Plan {
  readonly client: readonly Written[]
  readonly common: readonly (Written | string)[]
  readonly moments: readonly Moment[]
  readonly certificates?: Readonly<Record<string, Uint8Array>>
  readonly rootKey?: Signing
  readonly origin?: string
  readonly witnessed?: boolean
}
export type Files = Map<string, Uint8Array>

const payloadOf = (payload: object | string): Uint8Array => bytes(typeof payload === 'string' ? payload : JSON.stringify(payload))
export const saltOf = (index: number): Uint8Array => sha256(bytes(`salt ${index}`))
const openedIn = ({ payload, part = 'evidence', beside = {} }: Written): Readonly<Record<string, object | string>> => ({ ...(payload === undefined ? {} : { [part]: payload }), ...beside })
export function leafOf(written: Written | string, index: number): Uint8Array {
  if (typeof written === 'string') return bytes(written)
  const parts = Object.entries({ ...openedIn(written), ...written.more }).map(([n, payload]) => ({ c: commitmentOf(saltOf(index), payloadOf(payload)), n }))
  return bytes(JSON.stringify({ at: 1_000 + index, ...(written.common === undefined ? {} : { common: written.common }), parts, type: written.type, v: 1 }))
}
export function rootHash(leaves: readonly Uint8Array[], size: number): Uint8Array {
  return rootOf(size, subtreesOf(leaves.map(leafHash)))
}
export function putLog(files: Files, folder: string, origin: string, log: { leaves: readonly Uint8Array[]; key: Signing; witnessed?: boolean }): string {
  const { leaves, key } = log
  const subtree = subtreesOf(leaves.map(leafHash))
  for (const { level, index, width } of tilesOf(leaves.length)) files.set(`${folder}${pathOf({ level, index, width })}`, Buffer.concat(Array.from({ length: width }, (_, at) => subtree(level * 8, index * 256 + at))))
  for (const bundle of bundlesOf(leaves.length)) files.set(`${folder}${pathOf(bundle)}`, encodeEntries(leaves.slice(bundle.index * 256, bundle.index * 256 + bundle.width)))
  const note = noteOf({ origin, size: leaves.length, root: rootOf(leaves.length, subtree) }, key, log.witnessed)
  files.set(`${folder}checkpoint`, bytes(note))
  return note
}
export function noteOf(checkpoint: { origin: string; size: number; root: Uint8Array }, key: Signing, witnessed = false): string {
  const body = formatCheckpointBody(checkpoint)
  const lines = [noteSignatureLine({ name: checkpoint.origin, publicKey: key.publicKey }, body, key.sign)]
  if (witnessed) lines.push(cosignatureLine({ name: 'witness.example', publicKey: witnessKey.publicKey }, body, { time: 2_000_000, sign: witnessKey.sign }))
  return formatNote(body, lines)
}
export function makeBundle(plan: Plan): Files {
  const files: Files = new Map()
  const root = plan.rootKey ?? rootKey
  const client = plan.client.map(leafOf)
  const common = plan.common.map(leafOf)
  const origin = plan.origin ?? `${processor}/1`
  const snapshots = plan.moments.map((moment, index) => {
    const slots = moment.slots ?? (moment.client > 0 ? 3 : 1)
    const held = moment.fork === true ? client.map(() => bytes('another history')) : client
    const heads = [{ origin: `${processor}/0`, size: moment.common, root: rootHash(common, Math.min(moment.common, common.length)) }, { origin: moment.origin ?? origin, size: moment.client, root: moment.client > 0 ? rootHash(held, Math.min(moment.client, held.length)) : sha256() }, { origin: `${processor}/2`, size: 1, root: sha256(bytes('of no concern')) }].slice(0, slots)
    const subtree = subtreesOf(heads.map((head) => leafHash(bytes(formatCheckpointBody(head)))))
    for (const [slot, folder] of [[0, 'common-heads/'], [1, 'heads/']] as const) if (slot < slots) files.set(`${folder}${index}`, bytes(formatHead({ snapshot: index, slot, slots, path: inclusionPath(slot, slots, subtree), checkpoint: heads[slot]! })))
    return formatSnapshot({ time: moment.time, slots, root: rootOf(slots, subtree) })
  })
  putLog(files, 'root/', `${processor}/root`, { leaves: snapshots, key: root, witnessed: plan.witnessed ?? false })
  putLog(files, 'client/', origin, { leaves: client, key: clientKey })
  putLog(files, 'common/', `${processor}/0`, { leaves: common, key: commonKey })
  files.set('policy', bytes(`log ${formatVerifierKey(`${processor}/root`, root.publicKey)}\n${plan.witnessed === true ? witnessedRule : 'quorum none\n'}`))
  files.set('client.vkey', bytes(`${formatVerifierKey(origin, clientKey.publicKey)}\n`))
  files.set('common.vkey', bytes(`${formatVerifierKey(`${processor}/0`, commonKey.publicKey)}\n`))
  files.set('certificate.vkey', bytes(`${formatVerifierKey(`${processor}/certificate`, certificateKey.publicKey)}\n`))
  plan.client.forEach((written, index) => { if (written.hidden !== true) for (const [part, payload] of Object.entries(openedIn(written))) files.set(`disclosed/${index}.${part}`, Buffer.concat([saltOf(index), payloadOf(payload)])) })
  for (const [id, envelope] of Object.entries(plan.certificates ?? {})) files.set(`certificates/${id}.dsse.json`, envelope)
  return files
}
export const witnessedRule = `witness w ${formatVerifierKey('witness.example', witnessKey.publicKey, cosignatureType)}\nquorum w\n`

export const entry = (type: string, common = 1, payload?: object): Written => ({ type, common, ...(payload === undefined ? {} : { payload }) })
export const story: Plan = {
  client: [entry('ledger.genesis'), ...Array.from({ length: 299 }, (_, index) => entry('access.granted', 1 + Math.floor(index / 100), { index }))],
  common: [{ type: 'ledger.genesis' }, { type: 'processor.declared' }, { type: 'people.added' }, { type: 'people.added' }],
  moments: [{ time: 100, client: 0, common: 1 }, { time: 160, client: 1, common: 2 }, { time: 220, client: 170, common: 3 }, { time: 220, client: 300, common: 4 }],
}

/** Something that holds a passkey: its key pair, in software. */
export interface Device { readonly publicKey: KeyObject; readonly privateKey: KeyObject; readonly spki: Buffer }
export function makeDevice(kind: 'P-256' | 'Ed25519' | 'RSA' = 'P-256'): Device {
  const { publicKey, privateKey } = kind === 'P-256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : kind === 'RSA' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
  return { publicKey, privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) }
}

/** How a device answers a challenge (base64url). `flags` 5: somebody was there and was verified. */
export interface Answering { readonly challenge: string; readonly origin: string; readonly host?: string; readonly flags?: number; readonly counter?: number; readonly type?: string; readonly crossOrigin?: boolean }
export function answerOf({ privateKey }: Pick<Device, 'privateKey'>, asked: Answering): { readonly authenticatorData: Buffer; readonly clientData: Buffer; readonly signature: Buffer } {
  const [authenticatorData, clientData] = [authenticatorDataOf(asked), clientDataOf({ type: 'webauthn.get', ...asked })]
  const message = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()])
  return { authenticatorData, clientData, signature: sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', message, privateKey) }
}
export const clientDataOf = ({ type, challenge, origin, crossOrigin = false }: Answering): Buffer => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin }))
export function authenticatorDataOf({ origin, host = new URL(origin).hostname, flags = 5, counter = 0 }: Answering, more = Buffer.alloc(0)): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(host).digest(), Buffer.from([flags]), count, more])
}
