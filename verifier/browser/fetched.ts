// A log as its server publishes it, in static files: fetched, and laid out as a bundle lays it out, so that one check serves both.
import { parseCheckpointBody } from '../checkpoint.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { parseNote } from '../note.ts'
import { parseSnapshot } from '../snapshot.ts'
import { decodeEntries, bundlesOf, pathOf, tilesOf } from '../tiles.ts'

/** Why a log could not be fetched. */
export type Unfetched = 'signIn' | 'notFixed' | 'unreachable' | 'tooMany' | 'unsettled'
export class NotFetched extends Error {
  readonly why: Unfetched
  constructor(why: Unfetched) {
    super(why)
    this.why = why
  }
}

/** Most files that are fetched one by one: some five million entries. */
const filesMax = 50_000
/** Requests at a time: what a browser sends to one server anyway. */
const atOnce = 6
const triesMax = 8
/** A log that grows meanwhile is read again so often. */
const readingsMax = 3

type OnFile = (done: number, of: number) => void

/** Fetches the files of a log below `base`, which ends in a slash. Throws `NotFetched`. A file that is not there is left out: the check names it. */
export async function fetchLog(base: URL, onFile: OnFile): Promise<Map<string, Uint8Array>> {
  for (let reading = 1; reading <= readingsMax; reading += 1) {
    const files = new Map<string, Uint8Array>()
    const put = async (path: string): Promise<Uint8Array | undefined> => { const bytes = await get(base, path); if (bytes !== undefined) files.set(path, bytes); return bytes }
    const root = checkpointIn(await put('root/checkpoint'))
    const [client, common] = [checkpointIn(await put('client/checkpoint')), checkpointIn(await put('common/checkpoint'))]
    for (const path of ['policy', 'client.vkey', 'common.vkey']) await put(path)
    const changes = Number(new TextDecoder().decode(await get(base, 'keys')))
    const paths = [...pathsOf('root/', root), ...pathsOf('client/', client), ...pathsOf('common/', common), ...Array.from({ length: Number.isSafeInteger(changes) ? changes : 0 }, (_, index) => `keys/${index}`)]
    if (paths.length + 2 * root.size > filesMax) throw new NotFetched('tooMany')
    await each(paths, put, (done) => onFile(done, paths.length + 2 * root.size))
    const heads = [...headsOf('heads/', slotIn(client), { root, files }), ...headsOf('common-heads/', slotIn(common), { root, files })]
    await each(heads, put, (done) => onFile(paths.length + done, paths.length + heads.length))
    // Nothing was fixed meanwhile: what was read belongs together, and whoever cosigned by now is in the last reading.
    if (checkpointIn(await put('root/checkpoint')).size === root.size) return files
  }
  throw new NotFetched('unsettled')
}

function checkpointIn(bytes: Uint8Array | undefined): Checkpoint {
  if (bytes === undefined) throw new NotFetched('notFixed')
  return parseCheckpointBody(parseNote(bytes).text)
}

const pathsOf = (folder: string, { size }: Checkpoint): string[] => [...tilesOf(size), ...bundlesOf(size)].map((tile) => `${folder}${pathOf(tile)}`)
const slotIn = ({ origin }: Checkpoint): number => Number(origin.slice(origin.lastIndexOf('/') + 1))

/** The heads of a slot: one for every snapshot since it was given, which the snapshots themselves say. */
function headsOf(folder: string, slot: number, { root, files }: { readonly root: Checkpoint; readonly files: ReadonlyMap<string, Uint8Array> }): string[] {
  const snapshots = [...bundlesOf(root.size)].flatMap((bundle) => decodeEntries(files.get(`root/${pathOf(bundle)}`) ?? new Uint8Array(), bundle.width).map(parseSnapshot))
  return snapshots.flatMap(({ slots }, index) => (slots > slot ? [`${folder}${index}`] : []))
}

async function each(paths: readonly string[], put: (path: string) => Promise<unknown>, onDone: (done: number) => void): Promise<void> {
  const left = paths.values()
  let done = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const path of left) { // one iterator for all: each takes the next
      await put(path)
      done += 1
      onDone(done)
    }
  }))
}

async function get(base: URL, path: string): Promise<Uint8Array | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(new URL(path, base), { credentials: 'same-origin' }).catch(() => { throw new NotFetched('unreachable') })
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer())
    if (answer.status === 401 || answer.status === 403) throw new NotFetched('signIn')
    if (answer.status === 404) return undefined
    if (![429, 503].includes(answer.status) || attempt === triesMax) throw new NotFetched('unreachable')
    await new Promise<void>((resolve) => { setTimeout(resolve, Math.min(30, Number(answer.headers.get('retry-after') ?? 1) || 1) * 1000) })
  }
}
