import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyReceipt } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { changed, smallEstate } from '../estate/testing.ts'
import { linesOfAsked } from './cosign.ts'
import { shown } from './context.ts'
import { buildProgram } from './main.ts'

const columnsMax = 100
const linesMax = 24 // a terminal nobody made larger

/** What `--help` prints on a terminal of 100 columns. */
function helpOf(command: Command): string {
  let said = ''
  command.configureOutput({ writeOut: (text) => { said += text }, getOutHelpWidth: () => columnsMax })
  command.outputHelp()
  return said
}

function everyCommand(command: Command, name = command.name()): (readonly [name: string, command: Command])[] {
  return [[name, command] as const, ...command.commands.flatMap((one) => everyCommand(one as Command, `${name} ${one.name()}`))]
}

const program = (): Command => buildProgram(() => undefined)
const tooLarge = (help: string): string[] => [
  ...(help.trimEnd().split('\n').length > linesMax ? [`${help.trimEnd().split('\n').length} lines`] : []),
  ...help.split('\n').filter((line) => line.length > columnsMax).map((line) => `too wide: ${line}`),
]

const golden = join(import.meta.dirname, 'help.golden.txt')
test('bailee --help is what the golden file says (UPDATE_GOLDEN=1 rewrites it)', () => {
  const help = helpOf(program())
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, help)
  expect(existsSync(golden) ? readFileSync(golden, 'utf8') : '').toBe(help)
  expect(help).toMatch(/Exit codes: 0 done, 1 a real "no", 2 misuse, 3 broken/)
})

const gatewayGolden = join(import.meta.dirname, 'help-gateway.golden.txt')
test('the help of bailee gateway and of each of its commands is what the golden file says (UPDATE_GOLDEN=1 rewrites it)', () => {
  const help = everyCommand(program()).filter(([name]) => name.startsWith('bailee gateway')).map(([, command]) => helpOf(command)).join('\n')
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(gatewayGolden, help)
  expect(existsSync(gatewayGolden) ? readFileSync(gatewayGolden, 'utf8') : '').toBe(help)
})

test('the help of every command fits a screen of 24 lines and 100 columns, and says what it does', () => {
  const commands = everyCommand(program())
  expect(commands.length).toBeGreaterThan(15)
  expect(commands.flatMap(([name, command]) => tooLarge(helpOf(command)).map((problem) => `${name}: ${problem}`))).toEqual([])
  expect(commands.filter(([, command]) => command.description() === '').map(([name]) => name)).toEqual([])
  expect(tooLarge('a\n'.repeat(25))).toEqual(['25 lines'])
  expect(tooLarge('a'.repeat(101))).toHaveLength(1)
})

test('no option takes a secret: it would be seen by everybody on the machine', () => {
  const options = everyCommand(program()).flatMap(([name, command]) => command.options.map((option) => `${name} ${option.flags}`))
  expect(options.length).toBeGreaterThan(30)
  expect(options.filter((flags) => /--(password|secret|token|private-key)\b/.test(flags))).toEqual([])
})

test('of a witness that has seen another history, each line is one line', () => {
  const lines = linesOfAsked({ name: 'peer', outcome: 'refused', because: 'it has seen 9 snapshots', history: true })
  expect(lines).toEqual(['  peer: refused; it has seen 9 snapshots', expect.stringMatching(/^ {4}ANOTHER HISTORY: record nothing more/)])
  expect(lines.map(shown)).toEqual(lines)
})

describe('command lines', () => {
  const may = Date.UTC(2019, 4, 1) / 1000
  let database: TestDatabase
  let directory: string
  beforeAll(async () => { database = await createTestDatabase(); directory = mkdtempSync(join(tmpdir(), 'bailee-cli-')); writeFileSync(join(directory, 'bailee.yaml'), smallEstate); writeFileSync(join(directory, 'act.json'), act) })
  afterAll(async () => { await database.close(); rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 }) })

  interface Ran { readonly code: number | null; readonly out: string; readonly err: string }
  function bailee(args: readonly string[], given: { input?: string; url?: string } = {}): Promise<Ran> {
    const environment = { PATH: process.env['PATH'], ...(given.url === '' ? {} : { BAILEE_DATABASE_URL: given.url ?? database.url }), BAILEE_DIR: directory }
    const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), ...args], { env: environment, cwd: directory, stdio: 'pipe' })
    const ran = { code: null as number | null, out: '', err: '' }
    child.stdout.on('data', (text: Buffer) => { ran.out += text.toString() })
    child.stderr.on('data', (text: Buffer) => { ran.err += text.toString() })
    child.stdin.end(given.input ?? '')
    return new Promise((resolve) => child.on('close', (code) => resolve({ ...ran, code })))
  }
  const act = JSON.stringify({ person: 'noa', controller: 'acme', purpose: 'Marketing', operation: 'read', data: { listeners: ['user_id'] }, environment: 'production', identifiable: true, at: '2019-04-15' })

  test.each([
    ['an option that is not known', ['people', 'list', '--colour'], /unknown option '--colour'/],
    ['a command that is not known', ['destroy'], /unknown command|too many arguments/],
    ['an option that is missing', ['apply'], /required option '-f, --file <file>'/],
    ['a file that is not there, whose name would clear a terminal', ['apply', '-f', 'no\u001b[2J\u202ewhere.yaml'], /no\uFFFD\[2J\uFFFDwhere[.]yaml cannot be read \(ENOENT\); name your estate/],
    ['a date that is none', ['apply', '-f', 'bailee.yaml', '--at', 'yesterday'], /--at takes a date such as/],
    ['a date before 1970, which no entry can carry', ['apply', '-f', 'bailee.yaml', '--at', '1969-12-31'], /--at takes a date .* from 1970 on/],
    ['a withdrawal dated ahead, which would cover everything until then', ['instruction', 'withdraw', 'INS-1', '--as', 'C. Martin', '--at', '2962-01-01'], /is still to come/],
    ['a snapshot dated ahead, before which no later one could be', ['ledger', 'export', '--controller', 'acme', '--out', 'bundle', '--at', '2962-01-01'], /is still to come/],
    ['a witness for a log whose key is none', ['witness', 'serve', '--dir', 'witness', '--name', 'mistyped.example', '--log', 'nonsense'], /--log: not the key of a log/],
    ['a witness at an address that is none', ['witness', 'serve', '--dir', 'witness', '--name', 'mistyped.example', '--listen', 'nonsense'], /--listen takes host:port/],
    ['a key of TLS that is none', ['witness', 'serve', '--dir', 'witness', '--name', 'mistyped.example', '--tls-key', 'act.json', '--tls-cert', 'act.json'], /act[.]json and act[.]json are not a private key and its certificate in PEM form/],
    ['a decision to be recorded, dated ahead', ['decision', 'request', '--act', 'act.json', '--at', '2962-01-01'], /is still to come/],
  ])('misuse, %s: exit 2, with what to do next', async (_what, args, says) => {
    const ran = await bailee(args)
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringMatching(says)])
    expect(existsSync(join(directory, 'witness')), 'a name that a witness cannot get rid of').toBe(false)
  })

  test('a mistake in the file: exit 2, file and line for people and for machines', async () => {
    writeFileSync(join(directory, 'wrong.yaml'), changed('store: crm', 'store: crn'))
    const ran = await bailee(['apply', '-f', 'wrong.yaml', '--json'])
    expect(ran.code).toBe(2)
    const incomplete = await bailee(['ledger', 'export', '--json'])
    expect([incomplete.code, JSON.parse(incomplete.out)]).toEqual([2, { ok: false, code: 'misuse', problems: ["required option '--controller <id>' not specified"] }])
    expect(JSON.parse(ran.out)).toEqual({ ok: false, code: 'misuse', problems: [expect.stringMatching(/^wrong[.]yaml:\d+ datasets\[0\][.]store: crn is not among stores$/)] })
  })

  test.each([['bailee', 'server/main.ts', ['register', 'assess', '--help']], ['bailee-verify', 'verifier/main.ts', ['--help']]])('%s, whose reader has gone, ends as it would have; where a disk is full, with 3 and a word', (_name, file, args) => {
    const words = [process.execPath, join(import.meta.dirname, '../..', file), ...args].map((word) => `'${word}'`).join(' ')
    const ran = (to: string): readonly [number | null, string] => { const { status, stderr } = spawnSync('bash', ['-c', `set -o pipefail; ${words} ${to}`], { encoding: 'utf8' }); return [status, stderr] }
    expect(ran('| sleep 0')).toEqual([0, ''])
    if (existsSync('/dev/full')) expect(ran('> /dev/full')).toEqual([3, expect.stringMatching(/^[a-z-]+: .*cannot be written \(ENOSPC\).*\n$|could not be written: ENOSPC.*\n$/)])
  })

  test('a database that does not answer: exit 3, and its URL, which may hold a password, is not repeated', async () => {
    const ran = await bailee(['instruction', 'list'], { url: 'postgresql://noa:hunter2@127.0.0.1:1/bailee' })
    expect(ran.code).toBe(3)
    expect(ran.err).toMatch(/^bailee: the database of BAILEE_DATABASE_URL does not let Bailee in/)
    expect(ran.err).not.toContain('hunter2')
  })

  test('looking where nothing was begun makes nothing there', async () => {
    const elsewhere = join(directory, 'mistyped')
    const ran = await bailee(['people', 'list', '--dir', elsewhere], { url: '' })
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/nothing is declared in .*mistyped yet/)])
    const planned = await bailee(['apply', '-f', 'bailee.yaml', '--plan', '--dir', elsewhere, '--json'], { url: '' })
    expect([planned.code, JSON.parse(planned.out)]).toEqual([0, expect.objectContaining({ recorded: 0, changes: expect.arrayContaining([{ action: 'add', what: 'processor', id: 'processor.example' }]) as unknown })])
    expect(existsSync(elsewhere)).toBe(false)
    const barred = await bailee(['apply', '-f', 'bailee.yaml', '--dir', join(directory, 'bailee.yaml', 'inside')])
    expect([barred.code, barred.err]).toEqual([2, expect.stringMatching(/cannot be made \(ENOTDIR\); choose another directory/)])
  })

  test('declare, accept, ask: exit 0 when done, 1 for a real "no"', async () => {
    const empty = await bailee(['instruction', 'list'])
    expect([empty.code, empty.err]).toEqual([2, expect.stringMatching(/nothing is declared .*bailee apply -f bailee[.]yaml/)])
    const applied = await bailee(['apply', '-f', 'bailee.yaml', '--at', '2017-01-01', '--json'])
    expect([applied.code, applied.err]).toEqual([0, expect.stringMatching(/the keys are not encrypted at rest/)])
    expect(JSON.parse(applied.out)).toMatchObject({ ok: true, recorded: 16, unchecked: [{ dataset: 'listeners' }] })
    const elsewhere = await bailee(['instruction', 'list', '--dir', join(directory, 'elsewhere')])
    expect([elsewhere.code, elsewhere.err]).toEqual([3, expect.stringMatching(/holds the ledger of processor[.]example, whose keys are not in .*elsewhere/)])
    expect(existsSync(join(directory, 'elsewhere', 'keys'))).toBe(false) // a second signing key would be made once and for all
    const before = await Promise.all(['instruction', 'people', 'contract'].map((word) => bailee([word, 'list', '--as-of', '1971-01-01'])))
    expect(before.map(({ out }) => out), 'a list that is empty says so').toEqual(['No instruction and no grant.\n', 'Nobody is declared.\n', 'No contract.\n'])
    const again = await bailee(['apply', '-f', 'bailee.yaml'])
    expect([again.code, again.out]).toEqual([0, expect.stringMatching(/^No change: the ledger holds this estate[.]/)])

    writeFileSync(join(directory, 'renamed.yaml'), changed('processor.example', 'renamed.example'))
    const renamed = await bailee(['apply', '-f', 'renamed.yaml'])
    expect([renamed.code, renamed.err]).toEqual([2, expect.stringMatching(/renamed[.]yaml:\d+ processor[.]origin: the logs here are named processor[.]example/)])

    const nowhere = await bailee(['instruction', 'accept', 'INS-1', '--as', 'C. Martin', '--at', '2017-01-02', '--receipt', join(directory, 'no', 'where')])
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringMatching(/where cannot be made \(ENOENT\); name a file in a directory that is there/)])
    const accepted = await bailee(['instruction', 'accept', 'INS-1', '--as', 'C. Martin', '--at', '2017-01-02', '--receipt', join(directory, 'INS-1.receipt')])
    expect([accepted.code, accepted.out]).toEqual([0, expect.stringMatching(/INS-1 is accepted by C. Martin[.]\n {2}! signed with a key kept on this machine/)])
    const keyFile = join(directory, 'signatories', `acme-${Buffer.from('C. Martin').toString('hex')}.pem`)
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    const own = await bailee(['instruction', 'approve', 'noa-INS-1-2020-12-01', '--as', 'noa'])
    expect([own.code, own.err]).toEqual([1, expect.stringMatching(/needs the approval of a second person/)])

    const receipt = verifyReceipt(readFileSync(join(directory, 'INS-1.receipt')))
    expect(receipt).toMatchObject({ outcome: 'verified', facts: { origin: 'processor.example/1', type: 'instruction.accepted', parts: [{ name: 'instruction', says: { instruction: 'INS-1', signatory: 'C. Martin' } }] } })
    expect(statSync(join(directory, 'INS-1.receipt')).mode & 0o777).toBe(0o600)
    const taken = await bailee(['ledger', 'receipt', '--instruction', 'INS-1', '--output', join(directory, 'INS-1.receipt')])
    expect([taken.code, taken.err]).toEqual([2, expect.stringMatching(/exists, and nothing is overwritten/)])
    for (const [args, code] of [[['--grant', 'none'], 1], [['5'], 2], [['1', '--controller', 'acme'], 0]] as const) {
      expect((await bailee(['ledger', 'receipt', ...args, '--output', join(directory, 'other.receipt')])).code, args.join(' ')).toBe(code)
    }

    const refused = await bailee(['decision', 'explain', '--act', '-', '--json'], { input: act })
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.out)).toEqual({ outcome: 'refused', under: [], failing: ['commitment', 'training', 'grant'], against: ['INS-1'], articles: ['28(3)(a)', '29', '28(3)(b)', '32(4)'], exposure: [] })
    for (const args of [['people', 'commit', 'noa', '--at', '2017-01-02'], ['people', 'train', 'noa', 'client-data', '--at', '2019-01-02'], ['instruction', 'approve', 'noa-INS-1-2020-12-01', '--as', 'dana', '--at', '2017-01-03']]) {
      expect((await bailee(args)).code, args.join(' ')).toBe(0)
    }
    const allowed = await bailee(['decision', 'request', '--act', '-'], { input: act })
    expect(allowed).toEqual({ code: 0, out: 'allowed under INS-1\n', err: '' })
    const later = await bailee(['decision', 'explain', '--act', '-', '--at', '2020-02-01'], { input: act }) // --at wins over act.at
    expect([later.code, later.out]).toEqual([1, expect.stringMatching(/^refused: training /)])
    const ahead = await bailee(['decision', 'explain', '--act', '-', '--at', '2962-01-01'], { input: act }) // records nothing, so it may ask about what is to come
    expect([ahead.code, ahead.out]).toEqual([1, expect.stringMatching(/^refused: contract, /)])

    await rows(database.database, sql`insert into session (id, slot, gateway, person, instruction, store, purpose, opened_at) values ('s1', 1, 'here', 'noa', 'INS-1', 'crm', 'Marketing', ${may})`)
    for (const [kind, at] of [['hour', may], ['volume', may - 30 * 86_400]]) await rows(database.database, sql`insert into anomaly values (1, 's1', 'noa', 'INS-1', ${kind}, ${`an odd ${kind}`}, ${at})`)
    const findings = await bailee(['trace', 'findings', '--at', '2019-05-02'])
    expect(findings).toEqual({ code: 0, out: 'No finding.\n  ! unusual at the gateway: 2019-05-01T00:00:00Z  noa under INS-1, session s1: an odd hour\n', err: '' })
  }, 300_000)

  test('a signatory chooses what happens at the end, and nothing is due before it', async () => {
    await bailee(['apply', '-f', 'bailee.yaml', '--at', '2017-01-01'])
    const chosen = await bailee(['contract', 'choose', 'acme-1', 'return', '--as', 'C. Martin', '--at', '2019-02-01'])
    expect([chosen.code, chosen.out]).toEqual([0, expect.stringMatching(/^At the end of acme-1: return, chosen by C. Martin[.]\n {2}! signed with a key kept on this machine/)])
    const contracts = await bailee(['contract', 'list'])
    expect(contracts.out).toMatch(/^acme-1 {2}acme {2}live, until 2020-12-01 {2}at the end: return \(by signatory, choice 1\)\n/)
    expect(await bailee(['erasure', 'due', '--at', '2019-05-02'])).toEqual({ code: 0, out: 'Nothing is due.\n', err: '' })
    expect((await bailee(['contract', 'release', 'acme-1', 'kept', '--as', 'C. Martin'])).code).toBe(2)
    expect(JSON.parse((await bailee(['contract', 'notices', '--json'])).out)).toEqual([])
  }, 300_000)
})
