/** A long log: exported, verified by this project's verifier and, where it is installed, by Go's library, and asked for the proof of single entries. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCommand } from '../../verifier/build.ts'
import { inclusionPath, leafHash, rootOf, subtreesOfFlat, verifyInclusion } from '../../verifier/index.ts'
import { migrate, openDatabase, startServer } from '../../server/database/index.ts'
import { openKeyStore, openLedger, recordedOnly, type Ledger } from '../../server/ledger/index.ts'
import { rounded, type Measured } from '../result.ts'
import { benchPage } from './page.ts'

export interface EvidenceSize { readonly entries: number; readonly proofEntries: number }
export const wholeEvidence: EvidenceSize = { entries: 1_000_000, proofEntries: 10_000_000 }
export const quickEvidence: EvidenceSize = { entries: 5_000, proofEntries: 20_000 }

const noon = 1_555_315_200
const libraries = '/usr/share/gocode'
const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0

/** Runs the command as clients have it, one file, and says how much memory it took at the most. */
const verifying = `import { readFileSync } from 'node:fs'
await import(process.argv[1])
console.log('peak_megabytes ' + Math.round(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_000))`

interface Ran { readonly seconds: number; readonly megabytes: number }

/** A process from its start to its end, and the most memory that it held. */
async function ran(command: string, parameters: readonly string[]): Promise<Ran> {
  const began = performance.now()
  const child = spawn('/usr/bin/env', ['--', command, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => { said = (said + bytes.toString()).slice(-4096) })
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve) })
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`)
  return { seconds: (performance.now() - began) / 1_000, megabytes: Number(/peak_megabytes (\d+)/.exec(said)?.[1] ?? 0) }
}

/** Exports, verifies, proves. */
export async function benchEvidence({ entries, proofEntries }: EvidenceSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-bench-evidence-'))
  const server = await startServer({ directory: join(directory, 'postgres') })
  try {
    const url = server.url('postgres')
    await migrate(url)
    const database = openDatabase(url)
    const ledger = await openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies: { note: recordedOnly } }, noon)
    await ledger.openSlot(noon, () => [])
    await filled(ledger, entries, log)
    await database.destroy()
    const bundle = join(directory, 'bundle')
    const exported = await ran(process.execPath, [join(import.meta.dirname, 'export.child.ts'), url, join(directory, 'keys'), bundle])
    log(`${entries} entries exported in ${rounded(exported.seconds)} s, ${exported.megabytes} MB`)
    return [
      { what: `bundle of ${entries} entries exported, from the start of a process`, value: rounded(exported.seconds), unit: 's', baseline: null, ratio: null, must: '<= 40 s', goal: '<= 30 s', ok: exported.seconds <= 40 },
      { what: 'memory of it', value: exported.megabytes, unit: 'MB', baseline: null, ratio: null, must: '<= 300 MB', goal: '<= 300 MB', ok: exported.megabytes <= 300 },
      ...await verified(directory, bundle, log), ...await benchPage(directory, bundle, { entries, log }), proved(proofEntries, log),
    ]
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function filled(ledger: Ledger, entries: number, log: (line: string) => void): Promise<void> {
  const began = performance.now()
  for (let size = await ledger.size(1); size < entries; size = await ledger.size(1)) {
    const draft = { slot: 1, type: 'note.written', at: noon, parts: {} }
    const missing = Math.min(25_000, entries - size)
    await Promise.all(Array.from({ length: Math.ceil(missing / 250) }, (_, at) => ledger.append(Array.from({ length: Math.min(250, missing - at * 250) }, () => draft))))
  }
  log(`${entries} entries appended in ${rounded((performance.now() - began) / 1_000)} s`)
}

async function verified(directory: string, bundle: string, log: (line: string) => void): Promise<Measured[]> {
  const command = join(directory, 'bailee-verify.mjs')
  writeFileSync(command, await buildCommand())
  const mine: Ran[] = []
  const go: Ran[] = []
  const checker = join(directory, 'check')
  const hasGo = spawnSync('go', ['version']).status === 0 && existsSync(join(libraries, 'src/golang.org/x/mod/sumdb/tlog'))
  if (hasGo) execFileSync('go', ['build', '-o', checker, join(import.meta.dirname, '../../e2e/go/check.go')], { env: { ...process.env, GO111MODULE: 'off', GOPATH: libraries, GOFLAGS: '', GOCACHE: join(directory, 'cache') } })
  for (let round = 0; round < 5; round += 1) {
    mine.push(await ran(process.execPath, ['--input-type=module', '-e', verifying, command, bundle]))
    if (hasGo) go.push(await ran(checker, [bundle]))
  }
  const [seconds, megabytes, other] = [median(mine.map((one) => one.seconds)), Math.max(...mine.map((one) => one.megabytes)), hasGo ? median(go.map((one) => one.seconds)) : null]
  log(`verified in ${rounded(seconds)} s, ${megabytes} MB${other === null ? '' : `; by Go's library in ${rounded(other)} s`}`)
  return [
    { what: 'that bundle verified, from the start of a process', value: rounded(seconds), unit: 's', baseline: other === null ? null : { what: "Go's library", value: rounded(other) }, ratio: other === null ? null : rounded(seconds / other), must: '<= 4 s', goal: '<= 2 s, half of it', ok: seconds <= 4 },
    { what: 'memory of it', value: megabytes, unit: 'MB', baseline: null, ratio: null, must: '<= 300 MB', goal: '<= 300 MB', ok: megabytes <= 300 },
  ]
}

/** Proofs of entries of a log whose leaf hashes are held: of 10 million, 320 MB. Each is checked. */
function proved(entries: number, log: (line: string) => void): Measured {
  const leaves = new Uint8Array(entries * 32)
  const own = (index: number): Uint8Array => leafHash(Buffer.from(`entry ${index}`))
  for (let index = 0; index < entries; index += 1) leaves.set(own(index), index * 32)
  const tree = subtreesOfFlat(leaves)
  const root = rootOf(entries, tree)
  const milliseconds: number[] = []
  for (let round = 0; round < 10_000; round += 1) {
    const index = (round * 7_919_993) % entries
    const began = performance.now()
    const path = inclusionPath(index, entries, tree)
    milliseconds.push(performance.now() - began)
    if (!verifyInclusion({ index, size: entries, leaf: own(index), path, root })) throw new Error('a proof does not hold')
  }
  const p99 = milliseconds.sort((one, other) => one - other)[Math.floor(milliseconds.length * 0.99)] ?? 0
  log(`proofs of inclusion among ${entries}: p99 ${rounded(p99)} ms`)
  return { what: `proof of inclusion among ${entries} entries, warm, p99`, value: rounded(p99), unit: 'ms', baseline: null, ratio: null, must: '<= 1 ms', goal: '<= 1 ms', ok: p99 <= 1 }
}
