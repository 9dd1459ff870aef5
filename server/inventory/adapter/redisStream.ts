/** A stream of Redis without some of its entries, while others go on writing to it: entries never change, so that their ids tell which go. */
import { entriesOf, type Ask, type Reply } from './redis.ts'

/** Ids of the entries of a stream, in their order, two numbers each. */
export class StreamIds {
  private numbers = new BigUint64Array(1024)
  private end = 0

  add(id: Buffer): void {
    if (this.end + 2 > this.numbers.length) {
      const larger = new BigUint64Array(this.numbers.length * 2)
      larger.set(this.numbers)
      this.numbers = larger
    }
    const [milliseconds = '', sequence = '0'] = id.toString().split('-')
    this.numbers[this.end++] = BigInt(milliseconds)
    this.numbers[this.end++] = BigInt(sequence)
  }

  at(row: number): string {
    return `${this.numbers[2 * row]}-${this.numbers[2 * row + 1]}`
  }

  get count(): number {
    return this.end / 2
  }
}

/** What became of rows of a key: none of it is there any more; it changed meanwhile and stays; or entries were deleted that stand in their nodes, and in every file. */
export type Removed = 'gone' | 'changed' | 'deleted'

/** Commands that are under way at once. */
const sentAtOnce = 500
/** Attempts to take the place of a stream that others write to all the time, each a few commands long. */
const attemptsMax = 200

/** Where the entries that stay are put together; what a killed run left there is put together anew. */
export const besideStream = (key: Buffer): Buffer => Buffer.concat([key, Buffer.from(':bailee-rewriting')])

/** Whether somebody's place in a stream would be lost when it is written anew. */
export const hasGroups = async (ask: Ask, key: Buffer): Promise<boolean> => ((await ask('XINFO', 'GROUPS', key)) as readonly Reply[]).length > 0

async function told(ask: Ask, key: Buffer): Promise<(name: string) => Buffer | number | undefined> {
  const about = await ask('XINFO', 'STREAM', key) as readonly Reply[]
  return (name) => { const at = about.findIndex((one) => Buffer.isBuffer(one) && one.toString() === name); const value = at < 0 ? undefined : about[at + 1]; return Buffer.isBuffer(value) || typeof value === 'number' ? value : undefined }
}

/** Whether entries were ever deleted out of a stream: those may stand in its nodes still. Redis tells it from 7.0 on; before that, nobody knows. */
export async function mayHoldDeleted(ask: Ask, key: Buffer): Promise<boolean> {
  const deleted = (await told(ask, key))('max-deleted-entry-id')
  return !Buffer.isBuffer(deleted) || deleted.toString() !== '0-0'
}

/** Copies entries behind `after` that stay; resolves to the last that it saw. A page at a time. */
async function copyFrom(ask: Ask, key: Buffer, { beside, after, goes }: { readonly beside: Buffer; readonly after: string | undefined; readonly goes: (id: string) => boolean }): Promise<{ readonly last: string | undefined; readonly kept: number }> {
  let [last, kept] = [after, 0]
  let sent: Promise<Reply>[] = []
  for await (const { id, fields } of entriesOf(ask, key, after)) {
    last = id.toString()
    if (goes(last)) continue
    kept += 1
    const adding = ask('XADD', beside, id, ...fields)
    adding.catch(() => undefined) // told below, and not before the next page is read
    sent.push(adding)
    if (sent.length < sentAtOnce) continue
    await Promise.all(sent)
    sent = []
  }
  await Promise.all(sent)
  return { last, kept }
}

/** Runs commands while the watched key is as it was: false where it was written to. Throws where the server refused one of them. */
export async function execute(ask: Ask, commands: readonly (readonly (string | Buffer)[])[]): Promise<boolean> {
  await ask('MULTI')
  for (const command of commands) await ask(...command)
  const replies = await ask('EXEC') as readonly (Reply | Error)[] | null
  const refused = replies?.find((reply) => reply instanceof Error)
  if (refused !== undefined) throw refused as Error
  return replies !== null
}

/**
 * Takes the entries with these ids out of a stream by writing it anew beside, page by page, and giving it the stream's name: an entry that is deleted stays in its node, and in every file, as long as another of the node does. Entries that others add
 * meanwhile go along. Without any ids, what was deleted before is left behind in the old nodes. Where they add them faster than a name is given, the entries are deleted one by one, and stand in their nodes. *Changed*, and as it was, where it has consumer groups, which would lose what they know.
 */
export async function rewriteStream(ask: Ask, key: Buffer, ids: ReadonlySet<string>): Promise<Removed> {
  if (await hasGroups(ask, key)) return 'changed'
  const beside = besideStream(key)
  await ask('UNLINK', beside)
  let taken: Removed | undefined
  try {
    taken = await takePlace(ask, key, { beside, ids })
    return taken
  } finally {
    if (taken !== 'gone') await ask('UNWATCH').then(() => ask('UNLINK', beside)).catch(() => undefined) // others' entries stay nowhere twice; a lost connection leaves it to the next run
  }
}

async function takePlace(ask: Ask, key: Buffer, { beside, ids }: { readonly beside: Buffer; readonly ids: ReadonlySet<string> }): Promise<Removed> {
  const goes = (id: string): boolean => ids.has(id)
  let { last, kept } = await copyFrom(ask, key, { beside, after: undefined, goes })
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    await ask('WATCH', key)
    const more = await copyFrom(ask, key, { beside, after: last, goes })
    last = more.last
    kept += more.kept
    const of = await told(ask, key)
    if (Number(of('groups') ?? 0) > 0) return 'changed'
    if (kept === 0) {
      if (await execute(ask, [['UNLINK', key]])) return 'gone'
      continue
    }
    const [generated, added, deleted] = [of('last-generated-id'), of('entries-added'), of('max-deleted-entry-id')]
    const counted = added === undefined || !Buffer.isBuffer(deleted) ? [] : ['ENTRIESADDED', String(added), 'MAXDELETEDID', deleted] // Redis 7 counts them
    const ends = Number(await ask('PTTL', key))
    const as = [...(Buffer.isBuffer(generated) ? [['XSETID', beside, generated, ...counted]] : []), ...(ends < 0 ? [] : [['PEXPIRE', beside, String(ends)]])]
    if (await execute(ask, [...as, ['RENAME', beside, key]])) return 'gone'
  }
  const all = [...ids]
  for (let at = 0; at < all.length; at += sentAtOnce) await ask('XDEL', key, ...all.slice(at, at + sentAtOnce))
  return 'deleted'
}
