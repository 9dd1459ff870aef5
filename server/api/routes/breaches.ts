import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allBreaches, attributedText, clocksOf, noticesOf, plainText, sendingsOf, termsOf, toldAt, type Breach, type Sending } from '#breach'
import { allControllers } from '#contract'
import { parseInstant } from '#kit/time'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { breachItem, breachPage } from '../schemas/breach.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, minded, shownInstant } from '../shown.ts'

type Item = z.output<typeof breachItem>

/** `/breaches` and `/breaches/:id`. A controller's people see notices that were sent to them, under `/notices`. */
export function addBreaches(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /breaches', {
    summary: 'Incidents, those whose controller was not told first', query: pageQuery.extend({ controller: z.string().max(200).optional() }), answer: listingOf(breachItem),
    handle: async (asked) => pageOf((await breachesOf(asked)).map(({ item }) => item).filter(({ controller }) => asked.query.controller === undefined || controller.id === asked.query.controller), ({ id }) => id, asked.query),
  })
  addReading(app, context, 'GET /breaches/:id', {
    summary: 'One breach: whose, from which copy, how many, what is due', params: idParams, answer: breachPage,
    handle: async (asked) => pageOfBreach(asked, mustBeThere((await breachesOf(asked)).find(({ item }) => item.id === asked.params.id), 'breach')),
  })
}

interface Known { readonly item: Item; readonly breach: Breach; readonly terms: Awaited<ReturnType<typeof termsOf>>; readonly sent: readonly Sending[] }

async function breachesOf({ bailee: { database, ledger }, principal, at }: Reading): Promise<Known[]> {
  const named = controllersById(await allControllers(database))
  const known: Known[] = []
  for (const breach of minded(principal, await allBreaches(database))) {
    const [sent, terms] = [await sendingsOf(database, breach.id), await termsOf({ ledger }, breach)]
    const notices = (await noticesOf(database, breach.id)).length
    known.push({ breach, terms, sent, item: shownBreach({ breach, terms, sent, notices, controller: named(breach.controller) }, at) })
  }
  return known.sort((one, other) => Number(one.item.sentAt !== null) - Number(other.item.sentAt !== null) || other.breach.awareAt - one.breach.awareAt || (one.breach.id < other.breach.id ? -1 : 1))
}

function shownBreach({ breach, terms, sent, notices, controller }: Omit<Known, 'item'> & { readonly notices: number; readonly controller: { id: string; name: string } }, at: number): Item {
  const { cause } = breach
  const told = toldAt(sent)
  const due = told !== null ? null : (clocksOf(breach, terms, null).find((clock) => clock.of === 'processor to controller' && clock.due !== null)?.due ?? null)
  return {
    id: breach.id, controller, contract: breach.contract, nature: breach.nature, standing: 'invalid', openedBy: breach.openedBy, awareAt: shownInstant(breach.awareAt) ?? '', openedAt: shownInstant(breach.openedAt) ?? '',
    cause: { kind: cause.kind, finding: cause.kind === 'finding' ? cause.finding : null, found: cause.kind === 'sample' ? cause.found : null, people: cause.kind === 'sample' ? cause.people : null },
    attributed: breach.attributedAt !== null, counted: breach.countedAt !== null, described: breach.describedAt !== null, people: breach.counts?.figures.find(({ country }) => country === '*') ?? null, notices, sentAt: shownInstant(told), due, overdue: due !== null && (parseInstant(due) ?? Infinity) <= at,
  }
}

async function pageOfBreach({ bailee: { database }, at }: Reading, { item, breach, terms, sent }: Known): Promise<z.output<typeof breachPage>> {
  return {
    ...item, clocks: clocksOf(breach, terms, toldAt(sent)).map(({ of, law, due }) => ({ of, law, due, over: due !== null && (parseInstant(due) ?? Infinity) <= at })), figures: [...(breach.counts?.figures ?? [])],
    countedFrom: breach.counts === null ? null : { source: breach.counts.source, asOf: shownInstant(breach.counts.asOf), places: [...breach.counts.places], limits: [...(breach.counts.limits ?? [])] }, effects: breach.effects, measures: breach.measures,
    attribution: (breach.attribution ?? []).map((one) => ({
      dataset: one.dataset, answer: typeof one.answer === 'string' ? one.answer : JSON.stringify(one.answer), says: { en: attributedText('en', one), fr: attributedText('fr', one) }, rows: one.rows, people: one.people ?? null, telling: one.telling, columns: [...one.columns], compared: one.compared, limits: [...one.limits],
      fits: one.fits.map(({ copy, share, shareBesideUnknown }) => ({ copy, share, shareBesideUnknown })),
    })),
    noticeList: (await noticesOf(database, breach.id)).map((notice) => ({
      phase: notice.phase, draftedAt: shownInstant(notice.draftedAt) ?? '', sha256: notice.sha256, text: { en: plainText(notice, 'en'), fr: plainText(notice, 'fr') },
      sent: sent.filter(({ phase }) => phase === notice.phase).map((one) => ({ at: shownInstant(one.settledAt ?? one.begunAt) ?? '', by: one.sentBy, channel: one.channel, outcome: one.outcome, receipt: one.receipt })),
    })),
  }
}
