/** How a sweep reads files: listed in their folder, in units, by their parts, each counted by the scanner. Values are counted as what they are: their tokens, summed up. */
import { listFolder, type ListedPlace } from '../../server/inventory/index.ts'
import { createMachine, modes } from '../../server/trace/scanner/machine.ts'
import { readUnit } from '../../server/trace/sweep/readUnit.ts'
import type { Pass } from '../../server/trace/sweep/passes.ts'

export interface Counted {
  readonly rows: number
  /** Fields that are not empty. */
  readonly values: number
  /** Sum of the tokens of all values: equal for equal multisets, and by chance for hardly any other. Undefined of wide rows that are too large to be read once more. */
  readonly tokens: bigint | undefined
}

export interface ReadPart extends Counted {
  readonly name: string
  readonly kind: string
  readonly shape: string
  readonly delimiter: string
  readonly columns: readonly string[] | null
  readonly partly: readonly string[]
  /** Quotes that never closed, and fields that were too long. */
  readonly odd: number
  /** What was read, of texts and bytes. */
  readonly content: Buffer
}

export interface Reading {
  readonly parts: readonly ReadPart[]
  readonly unread: readonly { readonly name: string; readonly because: string }[]
  /** Of processors, not of clocks: machines are shared. */
  readonly milliseconds: number
}

// Fields of a row that the scanner makes tokens of at a time.
const columnsMax = 16
const outRows = 512
const contentBytesMax = 4 * 1024 * 1024
const mask = (1n << 64n) - 1n

export interface Reader {
  read(place: ListedPlace): Promise<Reading>
  /** Every file of a folder. */
  list(folder: string): Promise<readonly ListedPlace[]>
  /** Rows of values as they would be counted. */
  count(rows: readonly (readonly string[])[]): Counted
}

/** A reader; one place at a time. */
export function createReader(scratch: string): Reader {
  const counting = createCounting()
  const token = (value: string): bigint => counting.machine.token(Buffer.from(value)) ?? 0n
  return {
    list: async (folder) => (await listFolder(folder, { scratch })).places,
    count: (rows) => ({ rows: rows.length, values: rows.reduce((sum, row) => sum + row.filter((value) => value !== '').length, 0), tokens: rows.reduce((sum, row) => row.reduce((inner, value) => inner + (value === '' ? 0n : token(value)), sum), 0n) & mask }),
    read: async (place) => {
      const before = process.cpuUsage()
      const counts: (Counted & { shape: string; delimiter: string; odd: number; content: Buffer })[] = []
      const pass: Pass = {
        tokenKey: '', waits: false, unlikeNames: new Set(), judge: () => { throw new Error('nothing is judged here') },
        tally: async (bytes, { delimiter = ',', shape = 'rows' }) => {
          counts.push({ shape, delimiter, ...await counting.count(typeof bytes === 'function' ? bytes() : bytes, delimiter, shape) })
          const tally = Buffer.from(String(counts.length - 1))
          return { tally: () => Promise.resolve(tally), sketch: new Uint8Array(), cut: false }
        },
      }
      const { parts, unread } = await (await readUnit(place, 'all', { passes: [pass], through: (bytes) => bytes }))()
      return { unread, milliseconds: spent(before), parts: parts.map(({ name, kind, columns, partly, tallies }) => ({ name, kind, columns, partly, ...counts[Number(Buffer.from(tallies[0]!).toString())]! })) }
    },
  }
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function* onceMore(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
  await Promise.resolve()
}

function createCounting() {
  let tokens = 0n
  const stride = 8 + outRows * 8
  const take = (): void => {
    const view = new DataView(machine.memory.buffer)
    for (let column = 0, base = machine.at('out'); column < columnsMax; column += 1, base += stride) {
      const count = view.getUint32(base, true)
      if (count === 0) continue
      for (let at = 1; at <= count; at += 1) tokens += view.getBigUint64(base + at * 8, true)
      view.setUint32(base, 0, true)
    }
    tokens &= mask
  }
  const machine = createMachine({ key: Uint8Array.from({ length: 16 }, (_, at) => at), regions: { columnOfField: columnsMax, profiles: 2640 * columnsMax, out: columnsMax * stride }, drain: take })
  machine.memory.set(Uint8Array.from({ length: columnsMax }, (_, at) => at), machine.at('columnOfField'))
  for (const [name, value] of [['mode', modes.build], ['columnFieldsMax', columnsMax], ['columns', columnsMax], ['outRows', outRows]] as const) machine.set(name, value)
  const count = async (bytes: AsyncIterable<Uint8Array>, delimiter: string, shape: 'rows' | 'text' | 'bytes') => {
    tokens = 0n
    const kept: Uint8Array[] = []
    let length = 0
    const keeping = (async function* () {
      for await (const piece of bytes) {
        if (length < contentBytesMax) kept.push(Uint8Array.from(piece))
        length += piece.length
        yield piece
      }
    })()
    if (shape !== 'rows') {
      for await (const piece of keeping) void piece
      return { rows: 0, values: 0, tokens: 0n, odd: 0, content: Buffer.concat(kept) }
    }
    await machine.scan(keeping, { delimiter })
    const [rows, values, odd, fields] = [machine.count('rows'), machine.count('values'), machine.count('brokenQuotes') + machine.count('tooLong'), machine.count('fieldsMax')]
    // Further fields, as if those before them only named the row.
    for (let idFields = columnsMax; idFields < fields && length < contentBytesMax; idFields += columnsMax) await machine.scan(onceMore(kept), { delimiter, idFields })
    take()
    return { rows, values, odd, tokens: fields > columnsMax && length >= contentBytesMax ? undefined : tokens, content: Buffer.alloc(0) }
  }
  return { machine, count }
}
