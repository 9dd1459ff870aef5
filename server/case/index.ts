/** The replay of the case that Bailee exists for: what was done, what was found, what leaked and what was said of it, with real databases, real files, the dates of the story. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openBailee } from '#composition'
import { startServer } from '#database'
import { rawPublicKey } from '#ledger'
import type { SignatoryKey } from '#people'
import type { Progress } from '#trace'
import { parseInstant } from '#kit/time'
import { giveBack } from './back.ts'
import { openClients } from './clients.ts'
import { assessDefences } from './defences.ts'
import { discloseList } from './disclosure.ts'
import { attributeLeak, tellController } from './leak.ts'
import { inventedListeners, realListeners, type Listeners } from './listeners.ts'
import { isFinished, openCase, saveCase, writeWhole, type StepId, type StepResult } from './progress.ts'
import { readRegister } from './register.ts'
import * as steps from './steps.ts'

export interface CaseOptions {
  readonly people: number
  readonly seed: number
  /** Directory of the real listeners' tastes. */
  readonly data?: string | undefined
  /** What the controller chose for the end; to delete, where it is not said. */
  readonly choice?: 'return' | undefined
  readonly directory: string
  readonly onStep: (step: StepResult, resumed: boolean) => void
  readonly onBegin: (id: StepId, title: string) => void
  readonly progress: Progress
}

export interface CaseReport {
  readonly ok: boolean
  readonly people: number
  readonly seconds: number
  readonly steps: readonly StepResult[]
  readonly bundle: string
  readonly certificate: string
  readonly dir: string
}

interface Step { readonly id: StepId; readonly title: string; readonly play: (scene: steps.Scene) => Promise<steps.Outcome>; /** Only where the data are to come back. */ readonly ofReturn?: true }

const allSteps: readonly Step[] = [
  { id: 'a', title: 'An estate is declared, and the controllers accept', play: steps.declareEstate },
  { id: 'b', title: 'An analyst reads under an instruction', play: steps.readUnderInstruction },
  { id: 'b2', title: 'Segments are made under the instruction', play: steps.runActivities },
  { id: 'b3', title: 'The list goes to the sub-processor that the controller named', play: discloseList },
  { id: 'c', title: '2019-04-15: a copy for the firm\'s own product is asked for', play: steps.requestCopy },
  { id: 'c2', title: 'The copy that would have been right, under an instruction', play: steps.copyUnderInstruction },
  { id: 'd', title: 'They copy anyway, with the owner\'s account', play: steps.copyBehindOurBack },
  { id: 'e', title: 'The nightly sweep', play: steps.sweepAtNight },
  { id: 'e2', title: '2019-05-16: its time is over', play: steps.endOfTheCopy },
  { id: 'back', title: '2020-12-01: the data go back first, as the controller chose', play: giveBack, ofReturn: true },
  { id: 'f', title: '2020-12-01: the contract ends', play: steps.endTheContract },
  { id: 'g', title: 'The evidence is handed over and checked', play: steps.handOverEvidence },
  { id: 'register', title: 'The register of 2019-04-15, as the ledger tells that day', play: readRegister },
  { id: 'leak', title: '2022-11-06: fifty rows are for sale', play: attributeLeak },
  { id: 'notice', title: 'Its one controller is told', play: tellController },
  { id: 'defences', title: 'What was said in defence, and what the law makes of it', play: assessDefences },
]

/**
 * Plays the case in `directory`. A run that was killed goes on with the step it was in; one that is finished is set aside (`.previous`) and played
 * anew. Stops at the first step that did not hold. Throws `Misuse` for a directory that holds something else.
 */
export async function playCase(options: CaseOptions): Promise<CaseReport> {
  const began = performance.now()
  const directory = resolve(options.directory)
  const listeners = listenersOf(options)
  if (isFinished(directory)) await stopServers(directory)
  const story = allSteps.filter(({ ofReturn }) => ofReturn !== true || options.choice === 'return')
  let state = openCase(directory, { people: listeners.count, seed: options.seed, data: options.data === undefined ? null : resolve(options.data), ...(options.choice === undefined ? {} : { choice: options.choice }) })
  const start = parseInstant('2016-12-01') ?? 0
  const clients = await openClients(directory)
  try {
    const signatories = { deezer: signatoryKey(directory, 'deezer'), chinook: signatoryKey(directory, 'chinook') }
    steps.writeUrls(directory, clients)
    steps.writeEstate(directory, signatories)
    const bailee = await openBailee({ directory, origin: 'optimove.example', clock: 'replayed', environment: {} }, start)
    try {
      for (const { id, title, play } of story) {
        const done = state.steps.find((step) => step.id === id)
        if (done !== undefined) { options.onStep(done, true); continue }
        options.onBegin(id, title)
        const from = performance.now()
        const before = Object.fromEntries(state.steps.map((step) => [step.id, step.evidence]))
        const outcome = await play({ directory, bailee, clients, listeners, chinookScript: chinookScript(options.data), signatories, before, progress: options.progress })
        const result: StepResult = { id, title, ...outcome, seconds: secondsSince(from) }
        options.onStep(result, false)
        if (!result.ok) return report(directory, { listeners, began, story, steps: [...state.steps, result] })
        state = { ...state, steps: [...state.steps, result], finished: id === story.at(-1)!.id }
        saveCase(directory, state)
      }
    } finally {
      await bailee.close()
    }
  } finally {
    await clients.server.stop()
  }
  return report(directory, { listeners, began, story, steps: state.steps })
}

/** A run that was killed when all was done left its servers running; a directory is not moved from under them. */
async function stopServers(directory: string): Promise<void> {
  for (const place of ['client-server', 'postgres'].map((name) => join(directory, name))) {
    if (existsSync(join(place, 'cluster', 'postmaster.pid'))) await (await startServer({ directory: place })).stop()
  }
}

const secondsSince = (from: number): number => Math.round(performance.now() - from) / 1000

function report(directory: string, { listeners, began, story, steps: played }: { listeners: Listeners; began: number; story: readonly Step[]; steps: readonly StepResult[] }): CaseReport {
  return {
    ok: played.length === story.length && played.every((step) => step.ok), people: listeners.count, seconds: secondsSince(began), steps: played,
    bundle: join(directory, 'bundle'), certificate: join(directory, 'certificate.dsse.json'), dir: directory,
  }
}

function listenersOf(options: CaseOptions): Listeners {
  return options.data === undefined ? inventedListeners(options.people, options.seed) : realListeners(resolve(options.data), options.seed)
}

/** Chinook's script lies beside the listeners' data when it is there at all. */
function chinookScript(data: string | undefined): string | undefined {
  const script = data === undefined ? undefined : resolve(data, '..', 'chinook', 'Chinook_PostgreSql.sql')
  return script !== undefined && existsSync(script) ? script : undefined
}

/** In the story each signatory keeps a key of their own; here it lies in a directory that only stands for them. */
function signatoryKey(directory: string, controller: string): SignatoryKey {
  const file = join(directory, 'signatory-of', `${controller}.pem`)
  if (!existsSync(file)) {
    writeWhole(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  }
  const key = createPrivateKey(readFileSync(file))
  return { publicKey: Buffer.from(rawPublicKey(createPublicKey(key))).toString('base64'), custody: 'signatory', sign: (message) => sign(null, message, key) }
}
export type { StepResult } from './progress.ts'
