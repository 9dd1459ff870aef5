/** A file from anywhere: of which governed copies its values are, by invented records and by marks. No store is asked, and nothing of the file is kept. */
import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isUnread, openParts } from '#inventory'
import type { Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { allTransfers } from '../store.ts'
import type { Transfer } from '../types.ts'
import { candidatesIn, type Candidates } from './candidates.ts'
import { mayBeMarked, openCanaries, type Canaries } from './known.ts'

export interface LeakOf {
  readonly copy: string
  /** Different invented records of it: nobody else has one. */
  readonly canaries: number
  /** Different tokens that bear its mark. */
  readonly marked: number
  /** One invented record, or so many marks that chance does not make them, name a copy. */
  readonly named: boolean
}

export interface LeakRead { readonly copies: readonly LeakOf[]; /** How many can be told at all. */ readonly known: number; readonly unknown: readonly string[]; readonly notRead: readonly { readonly what: string; readonly because: string }[] }

/** A code bears a copy's mark by chance once in four milliards; fewer than these name no copy, however few were read. */
const fewestMarks = 3
/** That a copy is named by marks of chance alone is less likely than this, whatever was read: as unlikely as one mark is. */
const chanceMax = 2 ** -32
/** Of a copy, marked values that are told apart; more are not counted. */
const markedMax = 100_000
/** What tells copies in the parts of a place, as `trace` asks for it. */
export async function inventedTeller(ledger: Pick<Ledger, 'database' | 'keys'>): Promise<Teller> {
  const canaries = await openCanaries(ledger)
  const all = await allTransfers(ledger.database) // one that was begun, and never recorded as made, may be there as well
  const transfers = all.filter((one) => canaries.copies.includes(one.id) && bears(one))
  const toldOf = (copy: string, { records, tokens, addresses }: Seen, { codes, atLeast }: { readonly codes: number; readonly atLeast: boolean }): CopyTold => {
    const counted = { canaries: records.count, marked: tokens.count + addresses.count, codes, copies: canaries.copies.length }
    return { copy, canaries: counted.canaries, marked: counted.marked, people: Math.max(1, tokens.count, addresses.count), named: isNamed(counted), certainty: 1 - (counted.canaries > 0 ? chanceMax : Math.min(1, chanceOfMarks(counted))), ...(atLeast ? { atLeast } : {}) }
  }
  const inOne = new Set<string>()
  const texts = candidatesIn(canaries.telling, (value) => { const told = canaries.tell(value); if (told !== undefined) inOne.add(told.copy) })
  return {
    copies: transfers.map(({ id, controller, slot, dataset, instruction, begunAt, madeAt, store, places, state }) => ({ id, controller, slot, dataset, instruction, madeAt: madeAt ?? begunAt, store, places, erased: state === 'erased' })),
    untold: all.filter((one) => !transfers.includes(one)).map((one) => ({ id: one.id, controller: one.controller, contract: one.contract, noToken: !bears(one), because: bears(one) ? 'it was made before copies bore marks, or the key that tells its marks is gone' : 'it holds no token and no invented record: there is nothing to tell it by' })),
    begin: () => {
      const found = nothingNoted()
      const reader = candidatesIn(canaries.telling, (value) => { note(canaries, found, value) })
      return {
        feed: reader.feed,
        end: () => {
          reader.end()
          const copies = [...found.copies].map(([copy, { records, marked }]): CopySeen => {
            const hash = canaries.hashOf(copy)
            const seen = { records: seenOf([...records], hash), tokens: seenOf([...marked].filter((value) => !value.includes('@')), hash), addresses: seenOf([...marked].filter((value) => value.includes('@')), hash) }
            return { ...toldOf(copy, seen, { codes: found.codes, atLeast: marked.size >= markedMax }), seen }
          })
          return { codes: found.codes, copies }
        },
      }
    },
    inText: (text) => {
      inOne.clear()
      texts.feed(Buffer.from(text))
      texts.end()
      return [...inOne]
    },
    sum: (told, codes) => [...Map.groupBy(told, ({ copy }) => copy)].map(([copy, those]) => {
      const all = those.map(seenIn)
      const together = { records: united(all.map(({ records }) => records)), tokens: united(all.map(({ tokens }) => tokens)), addresses: united(all.map(({ addresses }) => addresses)) }
      return toldOf(copy, together, { codes, atLeast: those.some(({ atLeast }) => atLeast === true) || (those.length > 1 && all.some((one) => Object.values(one).some(isCut))) })
    }),
  }
}

/** Whether a copy holds anything that it can be told by: tokens, addresses of them, or invented records. */
const bears = ({ tables, transforms }: Transfer): boolean => tables?.some(({ canaries }) => (canaries?.rows ?? 0) > 0) === true || Object.values(transforms).some((one) => one === 'token' || one === 'email')

/** What was told of one copy; as `trace` has it, and so are the following. */
export interface CopyTold { readonly copy: string; readonly canaries: number; readonly marked: number; readonly people: number; readonly named: boolean; readonly certainty: number; readonly atLeast?: true }
interface ValuesSeen { readonly count: number; readonly hashes: readonly string[] }
interface Seen { readonly records: ValuesSeen; readonly tokens: ValuesSeen; readonly addresses: ValuesSeen }
interface CopySeen extends CopyTold { readonly seen?: Seen }

/** Of each kind of values of a copy in one part, hashes that are carried on; of so many marks chance gives none to a file that one machine holds. */
const hashesMax = 1_000

const seenOf = (values: readonly string[], hash: (value: string) => string): ValuesSeen => ({ count: values.length, hashes: values.map(hash).sort().slice(0, hashesMax) })

/** What was told before values were carried on is told apart by nothing. */
const seenIn = ({ seen, canaries, marked, people }: CopySeen): Seen => seen ?? { records: { count: canaries, hashes: [] }, tokens: { count: Math.min(marked, people), hashes: [] }, addresses: { count: marked - Math.min(marked, people), hashes: [] } }

const isCut = ({ count, hashes }: ValuesSeen): boolean => count > hashes.length

/** Different values in all of these. Where not each value of each is known, as many as are certainly different. */
function united(all: readonly ValuesSeen[]): ValuesSeen {
  const hashes = [...new Set(all.flatMap((one) => one.hashes))]
  return { count: Math.max(hashes.length, ...all.map(({ count }) => count)), hashes: all.some(isCut) ? [] : hashes }
}

export interface Teller {
  readonly copies: readonly { readonly id: string; readonly controller: string; readonly slot: number; readonly dataset: string; readonly instruction: string; readonly madeAt: Instant; readonly store: string; readonly places: readonly string[]; readonly erased: boolean }[]
  /** Copies that nobody can tell by their values. */
  readonly untold: readonly { readonly id: string; readonly controller: string; readonly contract: string; readonly because: string; readonly noToken: boolean }[]
  /** Takes the bytes of one part as they come, and tells at their end. */
  readonly begin: () => Pick<Candidates, 'feed'> & { readonly end: () => { readonly codes: number; readonly copies: readonly CopySeen[] } }
  readonly inText: (text: string) => readonly string[]
  readonly sum: (told: readonly CopySeen[], codes: number) => readonly CopyTold[]
}

interface Counted { readonly canaries: number; readonly marked: number; /** Read in all: each could have borne a mark by chance. */ readonly codes: number; /** Looked for. */ readonly copies: number }

/** An invented record is nobody else's. Marks have to be more than chance gives among so many codes and copies. */
export const isNamed = (counted: Counted): boolean => counted.canaries > 0 || (counted.marked >= fewestMarks && chanceOfMarks(counted) < chanceMax)

/** At most how likely it is that some copy has so many marks among so many codes of nobody: the upper tail of a Poisson distribution, times the copies. */
export function chanceOfMarks({ marked, codes, copies }: Counted): number {
  const expected = codes * 2 ** -32
  if (marked <= expected) return 1
  let logarithm = -expected // of exactly so many; from there on each further one is less likely by more than expected / marked
  for (let number = 1; number <= marked; number += 1) logarithm += Math.log(expected / number)
  return Math.min(1, (copies * Math.exp(logarithm)) / (1 - expected / (marked + 1)))
}

/** Reads a file, packed or not, as a sweep does. Throws `Misuse` when it is not there. */
export async function copiesIn(ledger: Pick<Ledger, 'database' | 'keys'>, file: string, { scratch }: { readonly scratch: string }): Promise<LeakRead> {
  if (!existsSync(file)) throw new Misuse(`there is no file ${file}`)
  const canaries = await openCanaries(ledger)
  const found = nothingNoted()
  const notRead: { what: string; because: string }[] = []
  const path = resolve(file)
  for await (const part of openParts(dirname(path), basename(path), { scratch })) {
    if (isUnread(part)) notRead.push({ what: part.name, because: part.because })
    else {
      const reader = candidatesIn(canaries.telling, (value) => { note(canaries, found, value) })
      for await (const bytes of part.bytes) reader.feed(bytes)
      reader.end()
    }
  }
  const copies = [...found.copies].map(([copy, { records, marked }]): LeakOf => ({ copy, canaries: records.size, marked: marked.size, named: isNamed({ canaries: records.size, marked: marked.size, codes: found.codes, copies: canaries.copies.length }) }))
  return { copies: copies.sort((one, other) => other.canaries - one.canaries || other.marked - one.marked), known: canaries.copies.length, unknown: canaries.unknown, notRead }
}

interface Noted { readonly copies: Map<string, { readonly records: Set<string>; readonly marked: Set<string> }>; /** Values that could have borne a mark, each time that one was read. */ codes: number }

const nothingNoted = (): Noted => ({ copies: new Map(), codes: 0 })

function note(canaries: Canaries, found: Noted, value: string): void {
  if (mayBeMarked(value)) found.codes += 1
  const told = canaries.tell(value)
  if (told === undefined) return
  const mine = found.copies.get(told.copy) ?? { records: new Set<string>(), marked: new Set<string>() }
  found.copies.set(told.copy, mine)
  if (told.canary !== undefined) mine.records.add(`${told.canary.place}\n${told.canary.record}`)
  else if (mine.marked.size < markedMax) mine.marked.add(value.toLowerCase())
}
