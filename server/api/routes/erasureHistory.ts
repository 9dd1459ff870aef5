/** What an exit case was told by its contract, and what its searches found one after the other. */
import type { z } from 'zod'
import { allContracts, choiceNow, choicesOf } from '#contract'
import type { Erasure, Plan, SearchedAgain } from '#erasure'
import { newestEntries } from '#ledger'
import { day } from '#kit/time'
import type { Reading } from '../reading.ts'
import type { erasurePage } from '../schemas/erasure.ts'
import { shownInstant } from '../shown.ts'

type Page = z.output<typeof erasurePage>

/** Searches that are looked back at, newest first. */
const searchesMax = 100

/** The end, the choice that holds, and the days that the contract gives. */
export async function termsOf({ bailee: { database } }: Reading, one: Erasure): Promise<Page['terms']> {
  const contract = (await allContracts(database)).find(({ id }) => id === one.contract)
  const made = contract === undefined ? [] : await choicesOf(database, contract.id)
  const now = contract === undefined ? undefined : choiceNow(contract, made)
  const last = now?.from === 'signatory' ? made.at(-1) : undefined
  const from = Math.min(contract?.endedAt ?? one.openedAt, contract?.ends ?? one.openedAt)
  return {
    endedAt: shownInstant(contract?.endedAt), days: Math.round((one.deadline - from) / day), clause: contract?.declared.at_end?.clause ?? null, choice: now?.choice ?? null, recipient: now?.recipient ?? null, chosenBy: last?.signatory ?? null, chosenAt: shownInstant(last?.madeAt),
  }
}

interface Told { readonly erasure?: string; readonly plan?: Plan; readonly again?: SearchedAgain }

/** Every search of it, oldest first, as the ledger told it. */
export async function historyOf({ log, at, past }: Reading, one: Erasure): Promise<Page['history']> {
  const entries = await newestEntries(log, { slot: one.slot, limit: searchesMax, types: ['erasure.planned', 'erasure.searched_again', 'erasure.confirmed'], ...(past ? { until: at } : {}) })
  const mine = entries.reverse().flatMap((entry) => {
    const told = entry.parts['evidence'] as Told | undefined
    return told?.erasure === one.id ? [{ at: shownInstant(entry.at) ?? '', type: entry.type, told }] : []
  })
  let planned: readonly { readonly store: string }[] = []
  const left = mine.flatMap(({ at: when, told: { plan, again } }): Page['history']['left'] => {
    planned = plan?.coverage ?? planned
    if (plan !== undefined) return [{ at: when, kind: 'search', people: Math.max(0, ...plan.items.map(({ records }) => records)), unsure: plan.blocked.length > 0 || plan.coverage.length === 0 || plan.coverage.some(incomplete) }]
    return again === undefined ? [] : [{ at: when, kind: 'search again', people: again.residual, unsure: again.coverage.some(incomplete) || planned.some(({ store }) => again.coverage.every((one) => one.store !== store)) || (again.results ?? []).length > 0 }]
  })
  return { plannedAt: mine.findLast(({ type }) => type === 'erasure.planned')?.at ?? null, confirmedAt: one.confirmedBy === null ? null : (mine.findLast(({ type }) => type === 'erasure.confirmed')?.at ?? null), left }
}

const incomplete = ({ not_read, partly_read }: { readonly not_read: readonly unknown[]; readonly partly_read: readonly unknown[] }): boolean => not_read.length + partly_read.length > 0
