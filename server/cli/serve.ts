import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { runDue } from '#activity'
import type { Begun } from '#api'
import { destroyDueKeys, dueActivityLines, dueEverySeconds, isBegun, keysIn, recordingEverySeconds, recordingsDueNow, recordOne, reminderRoad, remindNow, traceContext, type Bailee } from '#composition'
import { settleDue } from '#erasure'
import { declare } from '#estate'
import { listen, makeVerifier, openDoorkeeper, proveAll, saltOf, type Gateway } from '#gateway'
import { allStores, resolveReference } from '#inventory'
import { isLocked } from '#ledger'
import { recordToken } from '#people'
import { Misuse } from '#kit/errors'
import { machineClock } from '#kit/time'
import { inBrowser } from './browser.ts'
import { directoryOf, inClear, say, tell, withBailee, type CommonOptions } from './context.ts'
import { cosignQuietly } from './cosign.ts'
import { dueLines } from './due.ts'
import type { BeginningServed } from './http.ts'
import { stopSignal, tlsOf, type TlsOptions } from './listening.ts'
import { openPublisher } from './publish.ts'
import { remindedLines } from './remind.ts'
import { peopleDue } from './review.ts'
import { wholeNumber } from './sessions.ts'
import { addApiTokens } from './token.ts'

interface ServeOptions extends CommonOptions, TlsOptions { readonly listen: string; readonly drain: string; readonly publish?: string; readonly http?: string; readonly base?: string; readonly origin?: string; readonly open?: boolean }

/** Seconds a gateway may take to close: an hour, for reads that take one. */
const drainSecondsMax = 3_600

/** A root-log snapshot a minute at most, when something changed (`contracts.md` 1). */
const snapshotMilliseconds = 60_000

/** Between two canaries: the short list of ways out, tried again at every database under every instruction. */
const canaryMilliseconds = 3_600_000

/** Between two looks at which keys are due. */
const retentionMilliseconds = 86_400_000

/** Between two looks at which contracts are over and which exits are late. */
const exitMilliseconds = 3_600_000

/** `bailee serve`: the gateway, its canary, snapshots, activities and exits that are due, and the destruction of keys that are. */
export function addServe(program: Command): void {
  program.command('serve').description('run the gateway until stopped')
    .option('--listen <address>', 'host:port, or unix:DIRECTORY[:PORT]', '127.0.0.1:6432')
    .option('--drain <seconds>', 'how long open statements and transactions may go on after SIGTERM', '30')
    .option('--publish <address>', 'host:port where the ledger\'s logs are published too (see bailee ledger publish)')
    .option('--http <address>', 'host:port of the portal and the API').option('--base <path>', 'of --http: the path that all of it is below').option('--origin <url>', 'of --http: what browsers name it by, such as https://bailee.example')
    .option('--open', 'the portal in a browser, signed in (--http 127.0.0.1:6490 unless given)')
    .option('--tls-key <file>', 'PEM; needed where others can reach the address').option('--tls-cert <file>', 'PEM')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)').option('--json', 'say where it listens in JSON')
    .action(async (given: ServeOptions) => {
      const options = given.open === true && given.http === undefined ? { ...given, http: '127.0.0.1:6490' } : given
      const stop = stopSignal()
      const first = await begin(options, stop)
      if (first === 'stopped') return
      await withBailee({ ...options, origin: first?.begun.origin }, async (bailee, at) => {
        if (first !== undefined) await declare(bailee.ledger, bailee.references, { processor: first.begun }, at)
        const published = options.publish === undefined ? undefined : await openPublisher(bailee, { ...options, listen: options.publish })
        if (!isLocked(keysIn(bailee.directory))) process.stderr.write(inClear)
        await destroyQuietly(bailee)
        const gateway = await openGateway(bailee, options)
        const http = options.http === undefined ? undefined : await (await import('./http.ts')).openHttp(bailee, { ...options, http: options.http, withLink: options.open === true || process.stdout.isTTY }, first?.served) // no other command waits for it to load
        const timer = setInterval(() => { void snapshotAndCosign(bailee) }, snapshotMilliseconds)
        say(options, { ok: true, host: gateway.host, port: gateway.port, ...(http === undefined ? {} : { http: { host: http.host, port: http.port, url: http.url, link: http.link ?? null } }) }, () => [`The gateway listens on ${gateway.host} port ${gateway.port}. dbname is the id of a store; name the instruction in options or as user+INSTRUCTION.`, ...(http === undefined ? [] : [`The portal is at ${http.url}. ${http.link === undefined ? 'Its owner signs in there; a link is made by bailee people account link' : `Sign in as its owner, once: ${http.link}`}`])])
        if (options.open === true && http?.link !== undefined && first === undefined) inBrowser(http.link)
        const canary = setInterval(() => { tryCanary(bailee).catch((cause: unknown) => tell(`no canary: ${String(cause)}`)) }, canaryMilliseconds)
        void settleQuietly(bailee)
        void cosignQuietly(bailee.ledger, { anew: true }) // a machine that was restored whole does not know that there was more
        const exits = setInterval(() => { void settleQuietly(bailee) }, exitMilliseconds)
        const activities = runningDue(bailee)
        const recordings = recordingDue(bailee)
        const retention = setInterval(() => { void destroyQuietly(bailee) }, retentionMilliseconds)
        await stop
        clearInterval(timer)
        clearInterval(canary)
        clearInterval(exits)
        clearInterval(retention)
        await Promise.all([activities.stop(), recordings.stop()])
        await Promise.all([gateway.close(), published?.close(), http?.close()])
        await bailee.ledger.snapshot(machineClock())
      })
    })
}

interface FirstStart { readonly begun: Begun; readonly served: BeginningServed }

/** Where nothing was ever declared, the portal asks whoever holds its link who they are; without a portal, that is `bailee apply`. Undefined: there is something. */
async function begin(options: ServeOptions, stop: Promise<void>): Promise<FirstStart | 'stopped' | undefined> {
  if (options.http === undefined || process.env['BAILEE_DATABASE_URL'] !== undefined || isBegun(resolve(directoryOf(options)))) return undefined
  const served = await (await import('./http.ts')).openBeginning({ ...options, http: options.http })
  say(options, { ok: true, http: { url: served.url, link: served.link } }, () => [`Nothing is declared yet. Begin at ${served.link}`])
  if (options.open === true) inBrowser(served.link)
  const begun = await Promise.race([served.declared, stop.then(() => undefined)])
  if (begun !== undefined) return { begun, served }
  await served.close()
  return 'stopped'
}

/** Witnesses are asked beside everything else: whoever appends never waits for one. */
async function snapshotAndCosign({ ledger }: Bailee): Promise<void> {
  try {
    await ledger.snapshot(machineClock())
  } catch (cause) {
    tell(`no snapshot: ${String(cause)}`)
    return
  }
  await cosignQuietly(ledger)
}

/** What is due of exits is opened, warned of and recorded; whoever runs this is told. */
async function settleQuietly(bailee: Bailee): Promise<void> {
  try {
    for (const line of dueLines(await settleDue(traceContext(bailee), machineClock()))) tell(line.trim())
    for (const line of (await peopleDue(bailee, machineClock())).lines) tell(line.trim())
    if (await reminderRoad(bailee) !== undefined) for (const line of remindedLines(await remindNow(bailee, machineClock()))) tell(line.trim())
  } catch (cause) {
    tell(`exits were not looked at: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** Does something now and then, one time after the other; whoever runs this is told what came of it. `stopping`: it is to end where it can. */
function repeating({ seconds, what }: { readonly seconds: number; readonly what: string }, work: (stopping: AbortSignal) => Promise<void>): { stop(): Promise<void> } {
  let running: Promise<void> | undefined
  const stopping = new AbortController()
  const look = (): Promise<void> => work(stopping.signal).catch((cause: unknown) => { tell(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`) })
  const begin = (): void => { running ??= look().finally(() => { running = undefined }) }
  begin()
  const timer = setInterval(begin, seconds * 1000)
  return { stop: async () => { stopping.abort(); clearInterval(timer); await running } }
}


/** Runs activities when they are due. */
const runningDue = (bailee: Bailee): ReturnType<typeof repeating> => repeating({ seconds: dueEverySeconds, what: 'activities that are due were not looked at' }, async () => { for (const line of dueActivityLines(await runDue(bailee, machineClock()))) tell(line) })

/** Has the datasets that are due counted and read, one after the other, each by a process of its own: nothing of it is done in this one, which carries the gateway. A worker may do so as well. */
const recordingDue = (bailee: Bailee): ReturnType<typeof repeating> => repeating({ seconds: recordingEverySeconds, what: 'datasets were not recorded' }, async (stopping) => {
  for (const dataset of await recordingsDueNow(bailee, machineClock())) {
    if (stopping.aborted) return
    for (const line of await recordOne(bailee, dataset, machineClock(), { stopping })) tell(line)
  }
})

/** A key that could not be destroyed today is due tomorrow; whoever runs this is told. */
async function destroyQuietly(bailee: Bailee): Promise<void> {
  try {
    const { destroyed, back } = await destroyDueKeys(bailee, machineClock())
    if (destroyed.length > 0) tell(`${destroyed.length} keys were destroyed, whose time was over; bailee key list names them`)
    for (const id of back) tell(`key ${id} was in the key store again and was destroyed again; destroy the backup it came from`)
  } catch (cause) {
    tell(`no key was destroyed: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** What gets through is recorded, and closes the instruction there; whoever runs this is told. */
async function tryCanary(bailee: Bailee): Promise<void> {
  const proved = await proveAll(bailee, machineClock(), { canary: true }).catch((cause: unknown) => { if (cause instanceof Misuse) return []; throw cause })
  for (const { store, instruction, result, because } of proved) {
    if (result?.outcome !== 'held') tell(`canary: ${instruction} at ${store}: ${because ?? `${result?.through.length ?? 0} ways out are open`}; bailee gateway prove says which`)
  }
}

/** A gateway that is closing no longer listens: another may take its address while the last sessions of the old one end. */
async function mustBeFree(address: ReturnType<typeof addressOf>): Promise<void> {
  if (address.port === 0) return
  const probe = connect('directory' in address ? { path: join(address.directory, `.s.PGSQL.${address.port}`) } : address)
  const answered = await new Promise<boolean>((resolve) => {
    probe.once('connect', () => resolve(true))
    probe.once('error', () => resolve(false))
  })
  probe.destroy()
  if (answered) throw new Misuse(`something listens at ${'directory' in address ? address.directory : address.host} port ${address.port} already; stop it, or name another address with --listen`)
}

async function openGateway(bailee: Bailee, options: ServeOptions): Promise<Gateway> {
  const at = addressOf(options.listen)
  await mustBeFree(at)
  const doorkeeper = await openDoorkeeper({ ledger: bailee.ledger, references: bailee.references, clock: machineClock, gateway: `gateway ${options.listen}` })
  const clientUrls = (await allStores(bailee.database)).flatMap((store) => (store.declared.gateway_url === undefined ? [] : (resolveReference(store.declared.gateway_url, bailee.references) ?? [])))
  return listen({ doorkeeper, at, loginsAhead: true, saltSecret: bailee.ledger.keys.tokenSalt(), clientUrls, drainSecondsMax: wholeNumber('--drain', options.drain, drainSecondsMax), report: (problem) => tell(`${problem}`), ...tlsOf(options) })
}

function addressOf(text: string): { host: string; port: number } | { directory: string; port: number } {
  const unix = /^unix:([^:]+)(?::(\d{1,5}))?$/.exec(text)
  if (unix !== null) return { directory: unix[1] ?? '', port: Number(unix[2] ?? '5432') }
  const tcp = /^(.+):(\d{1,5})$/.exec(text)
  if (tcp === null || Number(tcp[2]) > 65_535) throw new Misuse(`--listen takes host:port or unix:DIRECTORY, not ${JSON.stringify(text)}`)
  return { host: (tcp[1] ?? '').replace(/^\[(.*)\]$/, '$1'), port: Number(tcp[2]) }
}

/** Minutes a token may live: a working day, so that a lost one is soon worthless. */
const tokenMinutesMax = 720

/** `bailee people token`. */
export function addToken(people: Command): void {
  const token = people.command('token <person>').summary('make a short-lived token: the password at the gateway').description('make a short-lived token: the password at the gateway, shown once')
    .option('--minutes <number>', 'how long it lives', '60').option('--dir <directory>', 'where this processor\'s state is (default .bailee)').option('--json', 'answer in JSON')
    .action(async (person: string, options: CommonOptions & { minutes: string }) => {
      const minutes = /^\d{1,4}$/.test(options.minutes) ? Number(options.minutes) : 0
      if (minutes < 1 || minutes > tokenMinutesMax) throw new Misuse(`--minutes takes a whole number from 1 to ${tokenMinutesMax}`)
      await withBailee(options, async ({ ledger }, at) => {
        const made = randomBytes(24).toString('base64url')
        const expiresAt = machineClock() + minutes * 60
        await recordToken(ledger, { id: randomBytes(6).toString('hex'), person, verifier: makeVerifier(made, saltOf(ledger.keys.tokenSalt(), person)), expiresAt }, at)
        say(options, { ok: true, person, token: made, expires_at: expiresAt }, () => [made])
      })
    })
  addApiTokens(token)
}
