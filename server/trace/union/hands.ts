/** Threads that open segments: what is asked of a thousand sealed files is mostly the work of opening them. */
import { Worker } from 'node:worker_threads'
import { Broken, Refused } from '#kit/errors'
import { attachFilter, type BlockRange, type FilterShape } from './filter.ts'
import type { Asked, Known } from './look.ts'
import { listsOf, type SealedSegment, type SegmentLists, type SegmentSource } from './source.ts'
import { fill, knownLinks, knownValues, knownWeakValues, type AskedLinks, type Expected } from './tasks.ts'

/** Where a filter lies: in a memory that threads share. */
export interface FilterPlace {
  readonly shape: FilterShape
  /** Tokens that it is for. */
  readonly tokens: number
  readonly memory: { readonly buffer: ArrayBufferLike }
  readonly at: { readonly shared: number; readonly own: number }
}

/** A part of a filter that one thread at a time fills, with room for tokens at this address of its memory. */
export interface FilterPart { readonly place: FilterPlace; readonly range: BlockRange; readonly room: number }

/** What is asked of a segment. */
export type SegmentTask =
  | { readonly do: 'fill'; readonly expected: Expected; readonly part: FilterPart }
  | { readonly do: 'values' | 'weakValues'; readonly asked: Asked }
  | { readonly do: 'links'; readonly wanted: readonly AskedLinks[] }

export type Task = SegmentTask & { readonly segment: SealedSegment }
export type Answer = { readonly result: unknown } | { readonly refused: boolean; readonly code: string; readonly message: string }

export interface Hands {
  /** How many there are: one is this thread. */
  readonly threads: number
  readonly fill: (source: SegmentSource, part: FilterPart) => Promise<void>
  readonly values: (source: SegmentSource, asked: Asked) => Promise<Known[] | undefined>
  readonly weakValues: (source: SegmentSource, asked: Asked) => Promise<Known[]>
  readonly links: (source: SegmentSource, wanted: readonly AskedLinks[]) => Promise<Known[]>
  readonly close: () => Promise<void>
}

/** Does what is asked of a segment whose lists are open. */
async function ask(lists: SegmentLists, task: SegmentTask): Promise<unknown> {
  switch (task.do) {
    case 'fill': {
      const { place: { shape, memory, at }, range, room } = task.part
      return fill(lists, task.expected, { shape, range, room, memory, filter: attachFilter(memory, shape, at) })
    }
    case 'values': return knownValues(lists, task.asked)
    case 'weakValues': return knownWeakValues(lists, task.asked)
    case 'links': return knownLinks(lists, task.wanted)
  }
}

/** Hands that start with the first task; with `threads` of at most one all is done here, and so is what lies in memory. */
export function createHands(threads: number): Hands {
  const pool = threads > 1 ? createPool(threads) : undefined
  const oneByOne = createQueue()
  const ofSegment = async (source: SegmentSource, task: SegmentTask): Promise<unknown> => {
    if (pool !== undefined && source.sealed !== undefined) return pool.give({ ...task, segment: source.sealed() })
    return oneByOne(async () => {
      const lists = await listsOf(source)
      return ask(lists, task).finally(() => lists.close())
    })
  }
  return {
    threads: Math.max(1, threads),
    fill: async (source, part) => { const { dataset, epoch } = source.header; await ofSegment(source, { do: 'fill', expected: { dataset, epoch }, part }) },
    values: async (source, asked) => (await ofSegment(source, { do: 'values', asked })) as Known[] | undefined,
    weakValues: async (source, asked) => (await ofSegment(source, { do: 'weakValues', asked })) as Known[],
    links: async (source, wanted) => (await ofSegment(source, { do: 'links', wanted })) as Known[],
    close: async () => { await pool?.close() },
  }
}

/** One work after another: a thousand segments are not open at a time. */
function createQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work, work)
    last = result
    return result
  }
}

interface Hand { readonly worker: Worker; waiting: ((answer: Answer | undefined) => void) | undefined }

interface Pool { readonly give: (task: Task) => Promise<unknown>; readonly close: () => Promise<void> }

function createPool(threads: number): Pool {
  const hands: Hand[] = []
  const idle: Hand[] = []
  const queue: { readonly task: Task; readonly done: (answer: Answer | undefined) => void }[] = []
  const next = (hand: Hand): void => {
    const job = queue.shift()
    if (job === undefined) {
      hand.worker.unref()
      idle.push(hand)
      return
    }
    hand.waiting = job.done
    hand.worker.ref()
    hand.worker.postMessage(job.task)
  }
  const start = (): Hand => {
    const hand: Hand = { worker: new Worker(new URL('./hand.worker.ts', import.meta.url), { execArgv: [] }), waiting: undefined }
    const answered = (answer: Answer | undefined): void => {
      hand.waiting?.(answer)
      hand.waiting = undefined
    }
    hand.worker.on('message', (answer: Answer) => { answered(answer); next(hand) })
    const ended = (): void => {
      if (hands.includes(hand)) hands.splice(hands.indexOf(hand), 1)
      answered(undefined)
      for (const { done } of queue.splice(0)) done(undefined)
    }
    hand.worker.on('error', ended)
    hand.worker.on('exit', ended)
    hands.push(hand)
    return hand
  }
  return {
    give: async (task) => {
      const answer = await new Promise<Answer | undefined>((resolve) => {
        queue.push({ task, done: resolve })
        const free = idle.shift() ?? (hands.length < threads ? start() : undefined)
        if (free !== undefined) next(free)
      })
      if (answer === undefined) throw new Broken('trace/thread-ended', 'a thread that opens fingerprints ended')
      if ('result' in answer) return answer.result
      throw answer.refused ? new Refused(answer.code, answer.message) : new Broken(answer.code, answer.message)
    },
    close: async () => { await Promise.all(hands.splice(0).map(({ worker }) => worker.terminate())) },
  }
}

/** A task in a thread: what fails is told with its code, as it would be thrown here. */
export async function answer(task: Task, open: (segment: SealedSegment) => Promise<SegmentLists>): Promise<Answer> {
  try {
    const lists = await open(task.segment)
    return { result: await ask(lists, task).finally(() => lists.close()) }
  } catch (cause) {
    if (cause instanceof Broken || cause instanceof Refused) return { refused: cause instanceof Refused, code: cause.code, message: cause.message }
    throw cause
  }
}
