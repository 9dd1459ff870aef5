/** The steps of the story. Each does its work for real, looks at what came of it, and says whether that is what was expected. */
import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { openDirectory, verifyBundle } from '@bailee/verifier'
import { traceContext, type Bailee } from '#composition'
import { allControllers } from '#contract'
import { compile, decide, type Act } from '#decision'
import { certify, confirmErasure, endContract, envelopesOf, judgeErasure, receiptTypes, reviewCertificates, runErasure, stepsOf } from '#erasure'
import { applyEstate, checkColumns, readEstate } from '#estate'
import { listen, lookAtResults, makeVerifier, openDoorkeeper, saltOf } from '#gateway'
import { acceptInstruction, allInstructions, approveGrant, allGrants, recordsToJudge } from '#instruction'
import { allStores } from '#inventory'
import { exportBundle, type Json } from '#ledger'
import { commit, recordToken, standings, train, type SignatoryKey } from '#people'
import { sweep, takeFingerprints, type Progress } from '#trace'
import { Broken } from '#kit/errors'
import { machineClock, parseInstant, type Instant } from '#kit/time'
import { connected, loadChinook, loadListeners, type Clients } from './clients.ts'
import { copyIntoTest, exportToShare, sandboxTable, takeAway } from './copies.ts'
import { estateFile } from './estate.ts'
import { letExpire, lookIntoCopy, makeGovernedCopy } from './governed.ts'
import type { Listeners } from './listeners.ts'
import { writeWhole } from './progress.ts'
import { activityFiles, makeSegments } from './segments.ts'
import { letSubProcessorAnswer } from './subProcessor.ts'
import { letPeopleChange, recordWeek } from './weeks.ts'

/** What a step is given. */
export interface Scene {
  readonly directory: string
  readonly bailee: Bailee
  readonly clients: Clients
  readonly listeners: Listeners
  readonly chinookScript: string | undefined
  readonly signatories: Readonly<Record<'deezer' | 'chinook', SignatoryKey>>
  /** What earlier steps found, by step. */
  readonly before: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly progress: Progress
}

export interface Outcome { readonly ok: boolean; readonly evidence: Readonly<Record<string, unknown>>; readonly told: string }

const on = (date: string): Instant => {
  const at = parseInstant(date)
  if (at === undefined) throw new Broken('case/date', `not a date: ${date}`)
  return at
}

/** The declared file of this run: the signatories' public keys filled in. */
export function writeEstate(directory: string, keys: Scene['signatories']): string {
  const file = join(directory, 'bailee.yaml')
  mkdirSync(join(directory, 'share'), { recursive: true })
  writeFileSync(file, estateFile.replace('DEEZER_KEY', keys.deezer.publicKey).replace('CHINOOK_KEY', keys.chinook.publicKey))
  return file
}

/** URLs go into files of their own; the estate refers to them. */
export function writeUrls(directory: string, clients: Clients): void {
  const secrets = join(directory, 'secrets')
  const put = (name: string, url: string): void => writeWhole(join(secrets, `${name}.url`), `${url}\n`, 0o600)
  put('crm-gateway', clients.url('crm', 'gateway'))
  put('crm-sweep', clients.url('crm', 'sweep'))
  put('crm-erase', clients.url('crm', 'erase'))
  put('shop-sweep', clients.url('shop', 'sweep'))
  put('test-sweep', clients.url('test', 'sweep'))
  put('test-erase', clients.url('test', 'erase'))
}

const count = (number: number): string => number.toLocaleString('en-GB')

/** a. The databases of two clients, and what the processor declares and the clients accept. */
export async function declareEstate(scene: Scene): Promise<Outcome> {
  const { bailee, clients } = scene
  const people = await loadListeners(clients, scene.listeners)
  const customers = await loadChinook(clients, scene.chinookScript)
  const file = join(scene.directory, 'bailee.yaml')
  const read = readEstate(readFileSync(file, 'utf8'), file)
  await applyEstate(bailee.ledger, read, await checkColumns(read, bailee.references), on('2016-12-01'))
  for (const instruction of (await allInstructions(bailee.database)).filter((one) => one.state === 'proposed')) {
    const [signatory, key] = instruction.controller === 'deezer' ? (['C. Martin', scene.signatories.deezer] as const) : (['A. Adams', scene.signatories.chinook] as const)
    await acceptInstruction(bailee.ledger, { instruction: instruction.id, signatory, key }, on(instruction.controller === 'deezer' ? '2016-12-01' : '2017-01-01'))
  }
  const known = await standings(bailee.database)
  for (const person of ['noa', 'eli', 'dana']) {
    if (known.get(person)?.committedAt === undefined) await commit(bailee.ledger, person, on('2018-05-25'))
    if ((known.get(person)?.passed ?? []).length === 0) await train(bailee.ledger, { person, training: 'client-data' }, on('2018-10-01'))
  }
  for (const grant of (await allGrants(bailee.database)).filter((one) => one.state === 'proposed')) await approveGrant(bailee.ledger, { grant: grant.id, by: 'dana' }, on('2018-10-02'))
  const { taken } = await takeFingerprints(traceContext(bailee, scene.progress), on('2019-03-31'))
  await recordWeek(bailee, on('2019-03-31'))
  const controllers = (await allControllers(bailee.database)).map((controller) => controller.id)
  return {
    ok: people === scene.listeners.count && taken.length === 2,
    evidence: { people, customers, controllers, fingerprints: taken.map((record) => ({ dataset: record.dataset, records: record.records })), real_tastes: scene.listeners.real },
    told: `${count(people)} listeners of deezer, ${count(customers)} customers of chinook; instructions signed, fingerprints sealed`,
  }
}

const segment = `select user_id, plan, tracks_per_day from crm.listener where tracks_per_day >= 60 and plan <> 'free'`

/** b. An analyst builds a segment under INS-1 with an ordinary driver; a column that the instruction does not name is refused to the same session. */
export async function readUnderInstruction({ bailee, clients }: Scene): Promise<Outcome> {
  const at = on('2019-03-04')
  const token = randomBytes(24).toString('base64url')
  const saltSecret = bailee.ledger.keys.tokenSalt()
  await recordToken(bailee.ledger, { id: randomBytes(6).toString('hex'), person: 'noa', verifier: makeVerifier(token, saltOf(saltSecret, 'noa')), expiresAt: machineClock() + 900 }, at)
  const doorkeeper = await openDoorkeeper({ ledger: bailee.ledger, references: bailee.references, clock: () => at, gateway: 'case' })
  const gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret, clientUrls: [clients.url('crm', 'gateway')] })
  try {
    const session = { host: '127.0.0.1', port: gateway.port, database: 'crm', user: 'noa', password: token, options: '-c bailee.instruction=INS-1 -c bailee.purpose=Marketing' }
    const client = new pg.Client(session)
    client.on('error', () => undefined)
    await client.connect()
    const rows = (await client.query<Record<string, string>>(segment)).rows
    const refused = await client.query('select email from crm.listener').then(() => undefined, (error: unknown) => error as pg.DatabaseError)
    await client.end()
    // What its owner counts is what the analyst must have been given: nothing cut, nothing more.
    const counted = await connected(clients.url('crm', 'owner'), async (owner) => (await owner.query(segment)).rowCount)
    return {
      ok: rows.length === counted && refused?.code === '42501',
      evidence: { rows: rows.length, instruction: 'INS-1', refused: { column: 'email', sqlstate: refused?.code ?? null, message: refused?.message ?? null, detail: refused?.detail ?? null } },
      told: `segment of ${count(rows.length)} rows under INS-1 with an ordinary driver; column email: refused (${refused?.code ?? 'no'})`,
    }
  } finally {
    await gateway.close()
  }
}

/** b2. What the instruction is for: who may leave, who likes what, whom to write to. */
export async function runActivities(scene: Scene): Promise<Outcome> {
  const { activities, optedOut, leftOut } = await makeSegments(scene, on('2019-03-05'))
  const made = activities.map(({ id, name, made: result }) => ({ id, name, derived: result?.derived ?? '', place: result?.place ?? '', rows: result?.rows ?? 0, from: (result?.lineage?.tables ?? []).map(({ table, columns }) => ({ table, columns })) }))
  return {
    ok: made.length === activityFiles.length && made.every(({ rows, from }) => rows > 0 && from.map(({ table }) => table).join() === 'crm.listener') && optedOut === 0 && leftOut > 0,
    evidence: { activities: made, opted_out_on_list: optedOut, left_out: leftOut },
    told: `${made.map(({ name, rows }) => `${name} ${count(rows)}`).join(', ')} rows, registered before they were there; ${count(leftOut)} who had not agreed are on no list`,
  }
}

/** c. The copy of April 2019, asked for: in clear, into test, for the firm's own product. */
export async function requestCopy({ bailee }: Scene): Promise<Outcome> {
  const at = on('2019-04-15')
  const act: Act = { person: 'eli', controller: 'deezer', purpose: 'OptimisationForController', operation: 'copy', data: { listeners: '*' }, environment: 'test', identifiable: true, at, instruction: 'INS-1' }
  const decision = decide(act, compile(await recordsToJudge(bailee.ledger)))
  const slot = (await allControllers(bailee.database)).find((controller) => controller.id === 'deezer')?.slot ?? 0
  await bailee.ledger.append({ slot, type: `decision.${decision.outcome}`, at, parts: { evidence: { act, decision } as unknown as Json } })
  const expected = ['purpose', 'operation', 'environment'].every((dimension) => (decision.failing as readonly string[]).includes(dimension))
  return {
    ok: decision.outcome === 'refused' && expected,
    evidence: { outcome: decision.outcome, failing: decision.failing, against: decision.against, articles: decision.articles, exposure: decision.exposure },
    told: `refused: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')}); exposure Art. ${decision.exposure.join(', ') || 'none'}`,
  }
}

/** c2. What there was a road for: thirty days in test, pseudonymised. */
export async function copyUnderInstruction({ bailee, clients, listeners }: Scene): Promise<Outcome> {
  const copy = await makeGovernedCopy(bailee, on('2019-04-15'))
  const place = copy.places[0] ?? ''
  const { rows, known } = await lookIntoCopy(clients, place)
  return {
    ok: rows >= listeners.count && known === 0,
    evidence: { copy: copy.id, place: `test-db: ${place}`, rows, known, columns: Object.keys(copy.transforms).sort(), label: copy.tables?.[0]?.label ?? null, expires_at: copy.expiresAt },
    told: `${count(rows)} rows in ${place} of test-db, pseudonymised on the way, ${copy.tables?.[0]?.canaries?.rows ?? 0} of them invented; ${known} of its ids are a listener's`,
  }
}

/** e2. It was in the sweep, and no finding; now it goes by itself. */
export async function endOfTheCopy({ bailee, before }: Scene): Promise<Outcome> {
  const { erased, left } = await letExpire(bailee, on('2019-05-16'))
  const places = ((before['e']?.['findings'] ?? []) as readonly { store: string; place: string }[]).map(({ store, place }) => `${store}: ${place}`)
  const findings = places.filter((place) => place.startsWith(String(before['c2']?.['place']))).length
  return { ok: erased >= 1 && left === 0 && findings === 0, evidence: { erased, left, findings_of_it: findings }, told: `${erased} copy erased and looked for, its key destroyed; it was no finding` }
}

const shareFile = 'old/backup-eli/2019_q2.csv.gz'

/** Fifty rows of what somebody took out of the test table before anybody looked: outside every store, until it is for sale. */
export const leakFile = 'elsewhere/forum.example/sample.csv'

/** d. They do it anyway, with the owner's account. The weeks before were recorded, like every week. */
export async function copyBehindOurBack({ bailee, clients, directory }: Scene): Promise<Outcome> {
  await recordWeek(bailee, on('2019-04-07'))
  await letPeopleChange(clients, 1)
  await recordWeek(bailee, on('2019-04-14'))
  const table = await copyIntoTest(clients)
  const file = await exportToShare(clients, join(directory, 'share', shareFile))
  await takeAway(clients, join(directory, leakFile))
  const rows = { [`test-db: ${sandboxTable}`]: table.listeners + table.customers, [`share: ${shareFile}`]: file }
  return {
    ok: table.listeners > 0 && file === table.listeners,
    evidence: { rows_copied: rows, of_deezer: { [`test-db: ${sandboxTable}`]: table.listeners, [`share: ${shareFile}`]: file }, of_chinook: table.customers },
    told: `${count(table.listeners)} rows into a renamed test table among ${count(table.customers)} of chinook, ${count(file)} into a gzipped CSV`,
  }
}

/** e. The nightly sweep. */
export async function sweepAtNight(scene: Scene): Promise<Outcome> {
  const report = await sweep(traceContext(scene.bailee, scene.progress), on('2019-04-16T02:00:00Z'))
  const findings = report.findings.map(({ id, controller, store, place, records, environment }) => ({ controller, store, place, records, environment, id }))
  const expected = Number(scene.before['d'] === undefined ? 0 : (scene.before['d']['of_deezer'] as Record<string, number>)[`test-db: ${sandboxTable}`])
  const mine = findings.filter((finding) => finding.controller === 'deezer')
  await letPeopleChange(scene.clients, 2)
  await recordWeek(scene.bailee, on('2019-04-21'))
  const places = mine.map((finding) => `${finding.store}: ${finding.place}`).sort()
  return {
    ok: places.join('\n') === [`share: ${shareFile}`, `test-db: ${sandboxTable}`].join('\n') && mine.every((finding) => finding.records === expected) && findings.some((finding) => finding.controller === 'chinook') && findings.length === 3,
    evidence: { findings, coverage: report.coverage },
    told: `${findings.length} findings: ${findings.map((finding) => `${finding.controller} ${count(finding.records)} in ${finding.store}`).join('; ')}`,
  }
}

/** What chinook's rows come to, wherever they are: the same before and after, or the erasure touched them. */
async function chinookRows(clients: Clients): Promise<string> {
  const hashOf = (url: string, table: string, where: string): Promise<string> => connected(url, async (client) =>
    ((await client.query(`select count(*) || ':' || coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') as hash from ${table} t where ${where}`)).rows[0] as { hash: string }).hash)
  return `${await hashOf(clients.url('shop', 'owner'), 'public.customer', 'true')} ${await hashOf(clients.url('test', 'owner'), sandboxTable, "plan_code = 'shop'")}`
}

/** f. The contract ends: plan, erase, search again, confirm, certify. */
export async function endTheContract(scene: Scene): Promise<Outcome> {
  const { bailee, clients, directory } = scene
  const at = on('2020-12-01')
  const context = traceContext(bailee, scene.progress)
  await letPeopleChange(clients, 3)
  const counted = (scene.before['back']?.['counted_before'] as readonly string[] | undefined) ?? (await recordWeek(bailee, on('2020-11-29'))).counted
  const kept = join(directory, 'chinook-before.txt')
  if (!existsSync(kept)) writeWhole(kept, await chinookRows(clients))
  const opened = await endContract(context, { contract: 'deezer-2016', terminated: false }, at)
  const erasure = await runErasure(context, { erasure: opened.id, operator: 'eli', look: (when) => lookAtResults(bailee, when) }, on('2020-12-02'))
  if (erasure.state !== 'certified') await letSubProcessorAnswer(scene, erasure.id, on('2020-12-02'))
  if (erasure.state === 'searched_again') await confirmErasure(bailee.ledger, { erasure: erasure.id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(context, erasure.id, on('2020-12-03'))
  await reviewCertificates(bailee.ledger, on('2020-12-03'))
  const steps = await stepsOf(bailee.database, erasure.id)
  const file = join(directory, 'certificate.dsse.json')
  writeWhole(file, certificate.envelope)
  const untouched = (await chinookRows(clients)) === readFileSync(kept, 'utf8')
  const erased = Object.fromEntries(steps.map((step) => [`${step.store}: ${step.place}`, step.rowsErased ?? 0]))
  const residual = erasure.again?.residual ?? -1
  const segments = ((scene.before['b2']?.['activities'] ?? []) as readonly { place: string }[]).map(({ place }) => `crm: ${place}`)
  const { obstacles } = judgeErasure(erasure, steps, await allStores(bailee.database))
  return {
    ok: certificate.status === 'complete' && residual === 0 && untouched && segments.every((place) => place in erased) && steps.filter(({ place }) => !place.startsWith('der_')).length === 3,
    evidence: { erased, residual, certificate_status: certificate.status, certificate: certificate.id, chinook_untouched: untouched, obstacles, planned_by: 'search', counted_before: counted },
    told: `${count(Object.values(erased).reduce((sum, rows) => sum + rows, 0))} rows erased in ${steps.length} places, ${residual} people left, certificate ${certificate.status}; chinook ${untouched ? 'untouched' : 'CHANGED'}`,
  }
}

/** g. The evidence, verified; then one byte of it changed, and refused. */
export async function handOverEvidence({ bailee, directory }: Scene): Promise<Outcome> {
  const slot = (await allControllers(bailee.database)).find((controller) => controller.id === 'deezer')?.slot ?? 0
  const bundle = join(directory, 'bundle')
  const summary = await exportBundle(bailee.ledger, { slot, at: on('2020-12-04'), directory: bundle, receiptsFor: receiptTypes, certificates: await envelopesOf(bailee.ledger, slot) })
  const verdict = verifyBundle(openDirectory(bundle))
  const altered = join(directory, 'bundle-altered')
  rmSync(altered, { recursive: true, force: true })
  cpSync(bundle, altered, { recursive: true })
  const entries = join(altered, 'client', 'tile', 'entries')
  const victim = join(entries, existsSync(join(entries, '000')) ? '000' : `000.p/${readdirSync(join(entries, '000.p'))[0]}`)
  const bytes = readFileSync(victim)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(victim, bytes)
  const refusal = verifyBundle(openDirectory(altered))
  rmSync(altered, { recursive: true, force: true })
  const because = refusal.outcome === 'refused' ? refusal.because.code : null
  return {
    ok: verdict.outcome === 'verified' && refusal.outcome === 'refused',
    evidence: { entries: summary.entries, snapshots: summary.snapshots, receipts: summary.receipts, verified: verdict.outcome === 'verified', tampered_refused: refusal.outcome === 'refused', refused_because: because, sha256_of_checkpoint: createHash('sha256').update(readFileSync(join(bundle, 'client', 'checkpoint'))).digest('hex'), independently_witnessed: false },
    told: `${summary.entries} entries, ${summary.receipts} receipts: ${verdict.outcome}, not independently witnessed; one byte changed: refused (${because ?? 'NO'})`,
  }
}
