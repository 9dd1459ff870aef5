import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createPrivateKey, sign } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consistencyPath, decodeEntries, entriesPath, formatCheckpointBody, formatNote, formatSnapshot, leafHash, noteSignatureLine, openCheckpoint, openDirectory, parsePolicy, parseSnapshot, parseVerifierKey, rootOf, satisfies, subtreesOf, verifyBundle } from '@bailee/verifier'
import { createTestDatabase, type TestDatabase } from '../server/database/testing.ts'
import { formatAddCheckpoint } from '../server/ledger/witness/request.ts'
import { openWitnessDirectory } from '../server/ledger/witness/serve.ts'

let database: TestDatabase
let directory: string
let rootKey: string
const started: ChildProcess[] = []

beforeAll(async () => { database = await createTestDatabase(); directory = mkdtempSync(join(tmpdir(), 'bailee-witnesses-')) })
afterAll(async () => { for (const child of started) child.kill('SIGKILL'); await database.close(); rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) })

function start(words: readonly string[], failpoint?: string): ChildProcess {
  const env = { PATH: process.env['PATH'], BAILEE_DATABASE_URL: database.url, BAILEE_DIR: join(directory, 'bailee'), ...(failpoint === undefined ? {} : { BAILEE_FAILPOINT: failpoint }) }
  const child = spawn(process.execPath, [join(import.meta.dirname, '../server/main.ts'), ...words], { env, cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  return child
}

interface Ran { readonly code: number | null; readonly signal: string | null; readonly out: string; readonly err: string }
async function bailee(words: readonly string[], failpoint?: string): Promise<Ran> {
  const child = start(words, failpoint)
  const ran = { out: '', err: '' }
  child.stdout?.on('data', (text: Buffer) => { ran.out += text.toString() })
  child.stderr?.on('data', (text: Buffer) => { ran.err += text.toString() })
  await once(child, 'close')
  return { ...ran, code: child.exitCode, signal: child.signalCode }
}
async function must(...words: string[]): Promise<string> {
  const ran = await bailee(words)
  expect(ran.code, `bailee ${words.join(' ')}: ${ran.err}${ran.out}`).toBe(0)
  return ran.out
}

interface Listening { readonly port: number; readonly vkey: string; readonly ended: Promise<unknown>; readonly child: ChildProcess }
async function listening(words: readonly string[], failpoint?: string): Promise<Listening> {
  const child = start([...words, '--json'], failpoint)
  let said = ''
  const told = await new Promise<{ port: number; vkey: string }>((resolve, reject) => {
    child.stdout?.on('data', (text: Buffer) => { said += text.toString(); try { resolve(JSON.parse(said) as { port: number; vkey: string }) } catch { /* more comes */ } })
    child.on('close', () => reject(new Error(`it ended: ${said}`)))
  })
  return { ...told, child, ended: once(child, 'close') }
}
const witness = (name: string, port: number, failpoint?: string): Promise<Listening> =>
  listening(['witness', 'serve', '--dir', name, '--name', `${name}.example`, '--log', rootKey, '--listen', `127.0.0.1:${port}`], failpoint)
const sizeAt = (name: string): number => openWitnessDirectory(join(directory, name)).records.latest('processor.example/root')?.size ?? 0
const outcomes = (ran: Ran): string[] => (JSON.parse(ran.out) as { witnesses: { outcome: string }[] }).witnesses.map(({ outcome }) => outcome)

/** Something new to be fixed by a snapshot. */
const grow = (): Promise<string> => must('ledger', 'token', '--controller', 'acme')

const estate = (more = ''): string => `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IE }
controllers:
  - { id: acme, name: Acme SA, country: FR, signatories: [{ name: C. Martin, contact: dpo@acme.example }] }
${more}`

test('two witness processes, of which one is killed at each point, and askers that are killed at each: nothing is lost, nothing is cosigned twice in two ways', async () => {
  writeFileSync(join(directory, 'bailee.yaml'), estate())
  await must('apply', '-f', 'bailee.yaml')
  rootKey = (await must('ledger', 'vkey')).trim()
  let auditor = await witness('auditor', 0)
  const peer = await witness('peer', 0)
  writeFileSync(join(directory, 'bailee.yaml'), estate(`witnessing:
  witnesses:
    - { name: auditor, url: "http://127.0.0.1:${auditor.port}", vkey: "${auditor.vkey}" }
    - { name: peer, url: "http://127.0.0.1:${peer.port}", vkey: "${peer.vkey}" }
  groups: [{ name: both, needs: all, of: [auditor, peer] }]
  quorum: both
`))
  expect(await must('apply', '-f', 'bailee.yaml')).toContain('+ witnesses auditor, peer')
  expect(await must('apply', '-f', 'bailee.yaml')).toContain('No change')
  expect(outcomes(await bailee(['ledger', 'cosign', '--json']))).toEqual(['cosigned', 'cosigned'])

  for (const [failpoint, happened] of [['witness/before-durable', false], ['witness/after-durable', true]] as const) {
    auditor.child.kill('SIGKILL')
    await auditor.ended
    auditor = await witness('auditor', auditor.port, failpoint)
    const before = sizeAt('auditor')
    await grow()
    const ran = await bailee(['ledger', 'cosign', '--json'])
    expect([ran.code, outcomes(ran)], 'the other is not held up').toEqual([1, ['refused', 'cosigned']])
    await auditor.ended
    expect(sizeAt('auditor'), failpoint).toBe(before + (happened ? 1 : 0))
    expect(await must('ledger', 'witnesses')).toMatch(/auditor.*\n.*\n {4}failed 1 time/)
    auditor = await witness('auditor', auditor.port)
    expect(outcomes(await bailee(['ledger', 'cosign', '--json'])), failpoint).toEqual(['cosigned', 'already'])
  }

  for (const failpoint of ['cosign/signed', 'cosign/answered', 'cosign/kept']) {
    await grow()
    expect((await bailee(['ledger', 'cosign', '--json'], failpoint)).signal, failpoint).toBe('SIGKILL')
    const again = await bailee(['ledger', 'cosign', '--json'])
    expect(again.code, `${failpoint}: ${again.out}${again.err}`).toBe(0)
  }

  expect(await must('witness', 'show', '--dir', 'auditor', '--log', rootKey)).toMatch(/root: \d+ entries\n$/)
  expect(await must('ledger', 'export', '--controller', 'acme', '--out', 'evidence')).toContain('witnessed by 2 of 2: auditor, peer')
  const policy = parsePolicy(readFileSync(join(directory, 'evidence', 'policy'), 'utf8'))
  const verdict = verifyBundle(openDirectory(join(directory, 'evidence')), { policy })
  expect(verdict.outcome === 'verified' && [verdict.facts.independentlyWitnessed, verdict.facts.witnesses.length]).toEqual([true, 2])
})

test('a second history, offered to a witness process that remembers and to one that lies because its directory was restored: it gets one signature, and no quorum that asks for both', async () => {
  cpSync(join(directory, 'peer'), join(directory, 'forgetful'), { recursive: true })
  await grow()
  await must('ledger', 'cosign')
  await must('ledger', 'export', '--controller', 'acme', '--out', 'newer')
  const size = sizeAt('auditor')
  expect([sizeAt('peer'), sizeAt('forgetful')]).toEqual([size, size - 1])
  const entries = decodeEntries(readFileSync(join(directory, 'newer', 'root', entriesPath(0, size))), size)
  const last = parseSnapshot(entries[size - 1]!)
  const tree = subtreesOf([...entries.slice(0, -1), formatSnapshot({ ...last, time: last.time + 1 })].map(leafHash))
  const key = createPrivateKey(readFileSync(join(directory, 'bailee', 'keys', 'log.pem')))
  const text = formatCheckpointBody({ origin: 'processor.example/root', size, root: rootOf(size, tree) })
  const line = noteSignatureLine(parseVerifierKey(rootKey), text, (message) => sign(null, message, key))
  const offer = async ({ port }: Listening): Promise<readonly [number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/add-checkpoint`, { method: 'POST', body: Buffer.from(formatAddCheckpoint({ old: size - 1, proof: consistencyPath(size - 1, size, tree), checkpoint: formatNote(text, [line]) })) })
    return [answer.status, await answer.text()]
  }
  const [remembers, lies] = [await witness('auditor', 0), await listening(['witness', 'serve', '--dir', 'forgetful', '--log', rootKey, '--listen', '127.0.0.1:0'])]
  expect(await offer(remembers)).toEqual([409, `${size}\n`])
  expect(await must('witness', 'show', '--dir', 'auditor')).toMatch(/root: \d+ entries\n {4}1 checkpoint was refused and kept in .*[/]auditor[/]logs[/][0-9a-f]{64}[/]refused: with the one that was cosigned, they may prove a second history\n$/)
  const [status, cosignature] = await offer(lies)
  expect(status).toBe(200)
  const policy = readFileSync(join(directory, 'newer', 'policy'), 'utf8')
  const enough = (declared: string): boolean => {
    const { logs, witnesses, quorum } = parsePolicy(declared)
    return satisfies(quorum, new Set(openCheckpoint(formatNote(text, [line, cosignature]), logs, [...witnesses.values()]).cosigned.keys()))
  }
  expect([enough(policy), enough(policy.replace('group both all', 'group both any'))], 'with any of them as the quorum, one that lies is enough').toEqual([false, true])
})

test('a publisher killed after it signed and before it answered: what it then answers is the same', async () => {
  await grow()
  await must('ledger', 'cosign')
  const killed = await listening(['ledger', 'publish', '--listen', '127.0.0.1:0'], 'publish/signed')
  await expect(fetch(`http://127.0.0.1:${killed.port}/root/checkpoint`)).rejects.toThrow()
  await killed.ended
  const serving = await listening(['ledger', 'publish', '--listen', '127.0.0.1:0'])
  const answer = await fetch(`http://127.0.0.1:${serving.port}/root/checkpoint`)
  const note = await answer.text()
  expect(note).toMatch(/^processor\.example\/root\n/)
  expect(note.match(/^\u2014 /gmu)).toHaveLength(3)
  const token = (await grow()).trim()
  expect((await fetch(`http://127.0.0.1:${serving.port}/1/checkpoint`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  const [{ id }] = (JSON.parse(await must('ledger', 'tokens', '--json')) as { tokens: [{ id: string }] }).tokens
  await must('ledger', 'revoke', id)
  serving.child.kill('SIGTERM')
  await serving.ended
  expect(serving.child.exitCode).toBe(0)
  expect((await bailee(['ledger', 'publish', '--listen', '0.0.0.0:0'])).err).toMatch(/in the clear/)
})

test('what all this recorded folds again into the same tables', async () => {
  expect(await must('ledger', 'rebuild', '--compare')).toContain('every row is what the ledger says')
  expect(await must('ledger', 'check')).toContain('everything follows from the entries')
})
