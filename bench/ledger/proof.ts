/** Proofs of single entries of a long log that stands in PostgreSQL, and nowhere else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inclusionPath, rootOf, verifyInclusion } from '../../verifier/index.ts'
import { migrate, openDatabase, rows, sql, startServer, type Database } from '../../server/database/index.ts'
import { openKeyStore, openLedger, recordedOnly } from '../../server/ledger/index.ts'
import { overTree } from '../../server/ledger/publish/tree.ts'
import { rounded, type Measured } from '../result.ts'

export interface ProofSize { readonly entries: number; readonly proofs: number }
export const wholeProof: ProofSize = { entries: 10_000_000, proofs: 2_000 }
export const quickProof: ProofSize = { entries: 20_000, proofs: 50 }

const noon = 1_555_315_200
const filledAtOnce = 500_000
const slot = 1

/** Entries as they are, made where they are kept: made by appending, ten million would take minutes. */
async function fill(database: Database, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += filledAtOnce) {
    await rows(database, sql`
      insert into other_entry (slot, idx, leaf, body) select ${slot}::integer, idx, sha256('\\x00'::bytea || body), body from (
        select idx, convert_to('{"at":1555315200,"common":1,"parts":[{"c":"' || encode(sha256(int8send(idx)), 'hex') || '","n":"evidence"}],"type":"note.written","v":1}', 'UTF8') as body
        from generate_series(${first}::bigint, ${Math.min(to, first + filledAtOnce) - 1}::bigint) as idx) as made`)
  }
  await rows(database, sql`analyze other_entry`)
}

/** What the server owes for the filling, which otherwise goes on beside the first proofs: a log of years owes nothing of it. */
async function settle(database: Database): Promise<void> {
  await rows(database, sql`vacuum other_entry`)
  await rows(database, sql`vacuum (analyze) subtree`)
  await rows(database, sql`checkpoint`)
}

/** Fills, makes the subtrees once as the first proof of all does, lets the server settle, and then asks for proofs of entries all over the log. Each is checked. */
export async function benchProof({ entries, proofs }: ProofSize, log: (line: string) => void): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-bench-proof-'))
  const server = await startServer({ directory: join(directory, 'postgres') })
  try {
    const url = server.url('postgres')
    await migrate(url)
    const database = openDatabase(url)
    const ledger = await openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies: { note: recordedOnly } }, noon)
    await ledger.openSlot(noon, () => [])
    const began = performance.now()
    await fill(database, 1, entries)
    const filled = performance.now()
    const root = await overTree(database, slot, (tree) => rootOf(entries, tree))
    log(`${entries} entries in ${rounded((filled - began) / 1_000)} s; their subtrees in ${rounded((performance.now() - filled) / 1_000)} s`)
    await settle(database)
    const milliseconds: number[] = []
    for (let round = -Math.ceil(proofs / 20); round < proofs; round += 1) { // the first only warm
      const index = (Math.abs(round) * 7_919_993) % entries
      const start = performance.now()
      const path = await overTree(database, slot, (tree) => inclusionPath(index, entries, tree))
      if (round >= 0) milliseconds.push(performance.now() - start)
      const [row] = await rows<{ leaf: Uint8Array }>(database, sql`select leaf from entry where slot = ${slot} and idx = ${index}`)
      if (!verifyInclusion({ index, size: entries, leaf: row!.leaf, path, root })) throw new Error('a proof does not hold')
    }
    await database.destroy()
    milliseconds.sort((one, other) => one - other)
    const [half, p99] = [0.5, 0.99].map((part) => milliseconds[Math.floor(milliseconds.length * part)] ?? 0) as [number, number]
    log(`proofs of inclusion among ${entries} in PostgreSQL: median ${rounded(half)} ms, p99 ${rounded(p99)} ms`)
    return { what: `proof of inclusion among ${entries} entries in PostgreSQL, p99`, value: rounded(p99), unit: 'ms', baseline: null, ratio: null, must: '<= 5 ms', goal: '<= 5 ms', ok: p99 <= 5 }
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
