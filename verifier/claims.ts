// What a deletion certificate says, held against what the controller's log recorded while it was done. Pure: a document and entries in, a line a claim out.

/** An entry of the controller's log that was opened. */
export interface Told {
  readonly index: number
  readonly at: number
  readonly type: string
  readonly evidence: Readonly<Record<string, unknown>>
}

/** `shown`: entries of the log say the same. `contradicted`: they say otherwise. `not shown`: the entries that would say it are not opened. `word`: the processor's word alone. */
export type ClaimStanding = 'shown' | 'contradicted' | 'not shown' | 'word'

/** One claim, in words, and the entries that it was held against. */
export interface Claim {
  readonly claim: string
  readonly standing: ClaimStanding
  readonly says: string
  readonly entries: readonly number[]
}

/** What is known of the log about one certificate. */
export interface CertificateCase {
  readonly document: Readonly<Record<string, unknown>>
  readonly origin: string
  /** The entry that issues it. */
  readonly issued: Told
  /** Entries about erasures, findings, contracts and fingerprints that were opened, in order. */
  readonly told: readonly Told[]
  /** Entries about erasures, certificates and findings, and about fingerprints, that were not opened: what they say is not known. */
  readonly hidden: readonly number[]
  readonly hiddenTraces?: readonly number[]
}

type Row = Readonly<Record<string, unknown>>
const rowOf = (value: unknown): Row => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {})
const rowsOf = (value: unknown): Row[] => (Array.isArray(value) ? value.map(rowOf) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const secondsOf = (value: unknown): number | undefined => (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) / 1000 : undefined)

/** JSON whose keys are in order, so that two values that say the same are spelled the same; without what is absent. Of text and whole numbers it is RFC 8785. */
export function spelled(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spelled).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, one]) => one !== undefined).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${spelled(one)}`).join(',')}}`
}
const same = (one: unknown, other: unknown): boolean => spelled(one) === spelled(other)
const sameSet = (one: readonly unknown[], other: readonly unknown[]): boolean => same(one.map(spelled).sort(), other.map(spelled).sort())

interface StepTold { readonly entries: number[]; readonly row: Record<string, unknown> }

/** How a certificate names what two people stated of an address. */
const standingOfWord = 'stated, not verified'

/** The case, folded from its entries. */
interface Folded {
  readonly opened?: Told
  readonly plan?: Row
  readonly planned?: Told
  readonly operator: string
  readonly again?: Told
  readonly confirmed?: Told
  /** What the last check of the files below each store came to. */
  readonly physical: ReadonlyMap<string, Told>
  readonly steps: ReadonlyMap<string, StepTold>
  /** What people stated of addresses, by store, in the certificate's form. */
  readonly addresses: ReadonlyMap<string, AddressTold>
  /** Certificates that stood before it, and were not partial. */
  readonly standing: ReadonlySet<unknown>
}

function fold(told: readonly Told[], erasure: string, before: number): Folded {
  const folded: { -readonly [Key in keyof Folded]: Folded[Key] } & { steps: Map<string, StepTold>; physical: Map<string, Told>; addresses: Map<string, AddressTold>; standing: Set<unknown> } = { operator: '', steps: new Map(), physical: new Map(), addresses: new Map(), standing: new Set() }
  for (const entry of told) {
    if (entry.index >= before) continue
    if (entry.type === 'certificate.issued' && entry.evidence['status'] !== 'partial') folded.standing.add(entry.evidence['certificate'])
    else if (entry.type === 'certificate.invalidated') folded.standing.delete(entry.evidence['certificate'])
    if (entry.evidence['erasure'] !== erasure) continue
    const { evidence } = entry
    if (entry.type === 'erasure.opened') folded.opened = entry
    else if (entry.type === 'erasure.planned') {
      folded.planned = entry
      folded.plan = rowOf(evidence['plan'])
      folded.operator = textOf(evidence['operator'])
      delete folded.again
      delete folded.confirmed
    } else if (entry.type === 'erasure.taken_over') folded.operator = textOf(evidence['operator'])
    else if (entry.type === 'erasure.searched_again') folded.again = entry
    else if (entry.type === 'erasure.confirmed') folded.confirmed = entry
    else if (entry.type === 'erasure.address_stated' || entry.type === 'erasure.address_confirmed') foldAddress(folded.addresses, entry)
    else if (entry.type === 'erasure.fingerprints_taken' && folded.plan !== undefined) folded.plan = { ...folded.plan, not_taken: rowsOf(folded.plan['not_taken']).filter((left) => !rowsOf(evidence['taken']).some((one) => one['store'] === left['store'] && one['dataset'] === left['dataset'])) }
    else if (entry.type === 'erasure.physical_done') folded.physical.set(textOf(evidence['store']), entry)
    else if (entry.type.startsWith('erasure.step_')) foldStep(folded.steps, entry)
  }
  return folded
}

interface AddressTold { readonly entries: readonly number[]; readonly row: Row }

/** What is stated of a store takes the place of what was stated before; a second person confirms it. */
function foldAddress(addresses: Map<string, AddressTold>, { type, at, index, evidence }: Told): void {
  const store = textOf(evidence['store'])
  const before = addresses.get(store)
  if (type === 'erasure.address_stated') addresses.set(store, { entries: [index], row: { store, says: evidence['says'], because: evidence['because'], stated_by: evidence['by'], stated: at } })
  else if (before !== undefined && before.row['stated_by'] !== evidence['by']) addresses.set(store, { entries: [...before.entries, index], row: { ...before.row, confirmed_by: evidence['by'], confirmed: at } })
}

function foldStep(steps: Map<string, StepTold>, { type, at, index, evidence }: Told): void {
  const key = `${String(evidence['round'])} ${String(evidence['number'])}`
  const before = steps.get(key)
  if (type === 'erasure.step_done') {
    if (before === undefined) return
    steps.set(key, { entries: [...before.entries, index], row: { ...before.row, state: 'done', ended: at, rows_erased: evidence['rows_erased'], detail: rowOf(evidence['detail']) } })
    return
  }
  const { round, store, place, method, records, rows_found: rows } = evidence
  steps.set(key, { entries: [...(before?.entries ?? []), index], row: { round, store, place, method, state: type === 'erasure.step_begun' ? 'begun' : 'blocked', people_before: records, rows_before: rows, rows_erased: null, started: at, ended: null, detail: rowOf(evidence['detail']) } })
}

/** Holds every claim of a certificate against the log. */
export function claimsOf(one: CertificateCase): Claim[] {
  const { document, issued } = one
  const erasure = textOf(issued.evidence['erasure'])
  const folded = fold(one.told, erasure, issued.index)
  const recorded = [theCase(one, folded), places(document, folded), verification(document, folded), sweep(one, folded), physically(document, folded), status(document, folded), obstacles(document, folded), people(document, folded), fingerprints(one, folded), kept(one, folded, erasure), ...addresses(document, folded), ...subProcessors(one, erasure)]
  // What is not opened may say otherwise than the rest: then nothing that rests on the whole case was seen.
  const unseen = one.hidden.filter((index) => index < issued.index).length
  const held = unseen === 0 ? recorded : recorded.map(({ claim }) => notShown(claim, `${unseen} entries about erasures before it are not opened here`))
  return [issuing(one), ...held, since(one, folded, erasure), ...words(document)]
}

const shown = (claim: string, says: string, entries: readonly (number | undefined)[]): Claim => ({ claim, standing: 'shown', says, entries: entries.filter((entry) => entry !== undefined) })
const contradicted = (claim: string, says: string, entries: readonly (number | undefined)[] = []): Claim => ({ ...shown(claim, says, entries), standing: 'contradicted' })
const notShown = (claim: string, says: string): Claim => ({ claim, standing: 'not shown', says, entries: [] })
const byWord = (claim: string, says: string): Claim => ({ claim, standing: 'word', says, entries: [] })

function issuing({ document, origin, issued }: CertificateCase): Claim {
  const log = rowOf(document['log'])
  const before = log['entries_before']
  const wrong = [
    ...(log['origin'] === origin ? [] : ['it names another log']),
    ...(secondsOf(document['issued_at']) === issued.at ? [] : ['it was issued at another time']),
    ...(document['status'] === issued.evidence['status'] ? [] : ['its status is another']),
    ...(typeof before === 'number' && before <= issued.index ? [] : ['it says that more entries came before it than did']),
  ]
  return wrong.length === 0 ? shown('issued', `issued as ${String(document['status'])} at ${String(document['issued_at'])}, by entry ${issued.index}`, [issued.index]) : contradicted('issued', wrong.join('; '), [issued.index])
}

function theCase({ document, told }: CertificateCase, { opened }: Folded): Claim {
  if (opened === undefined) return notShown('case', 'the entry that opened the erasure is not opened here')
  const contract = rowOf(document['contract'])
  const ended = told.find(({ type, evidence }) => type === 'contract.ended' && evidence['contract'] === opened.evidence['contract'])
  if (ended === undefined) return notShown('case', 'the entry that ended the contract is not opened here')
  const deadline = secondsOf(document['deadline'])
  const wrong = [
    ...(opened.evidence['contract'] === contract['id'] ? [] : ['it is of another contract']),
    ...(opened.evidence['controller'] === rowOf(document['controller'])['id'] ? [] : ['it is of another controller']),
    ...(secondsOf(contract['ended']) === ended.at && (contract['because'] ?? null) === (ended.evidence['because'] ?? null) ? [] : ['the contract ended otherwise']),
    ...(opened.evidence['deadline'] === deadline ? [] : ['its deadline is another']),
    ...(document['within_deadline'] === ((secondsOf(document['issued_at']) ?? Infinity) <= (deadline ?? 0)) ? [] : ['whether it came in time is said wrongly']),
  ]
  return wrong.length === 0 ? shown('case', `contract ${String(contract['id'])} of ${String(opened.evidence['controller'])} ended at ${String(contract['ended'])}; deadline ${String(document['deadline'])}, ${document['within_deadline'] === true ? 'kept' : 'missed'}`, [ended.index, opened.index]) : contradicted('case', wrong.join('; '), [ended.index, opened.index])
}

function places(document: Row, { steps }: Folded): Claim {
  const recorded = [...steps.values()].map(({ row: { detail, ...row } }) => ({ ...row, ...rowOf(detail) }))
  const said = rowsOf(document['places']).map((place) => ({ ...place, started: secondsOf(place['started']) ?? null, ended: secondsOf(place['ended']) ?? null }))
  const entries = [...steps.values()].flatMap((step) => step.entries)
  if (sameSet(recorded, said)) return shown('places', `${said.length} places, each with method, counts and times as recorded when it was erased`, entries)
  const missing = recorded.filter((place) => !said.some((one) => same(one, place))).length
  return contradicted('places', `${said.length} places are listed and ${recorded.length} recorded; ${missing} of those recorded are listed otherwise or not at all`, entries)
}

/** What the search after erasing recorded, in the certificate's form. */
function searchedAgain(again: Told): Row {
  const told = rowOf(again.evidence['again'])
  const coverage = rowsOf(told['coverage'])
  const each = (name: 'not_read' | 'partly_read'): Row[] => coverage.flatMap((store) => rowsOf(store[name]).map((place) => ({ store: store['store'], ...place })))
  return {
    sweep: told['sweep'], at: told['at'], residual: told['residual'], left: told['places'],
    searched: coverage.map(({ not_read: _notRead, partly_read: _partlyRead, ...rest }) => rest), not_searched: each('not_read'), partly_searched: each('partly_read'), copies_of_copies: told['governed'],
  }
}

function verification(document: Row, { again }: Folded): Claim {
  if (again === undefined) return notShown('verification', 'the entry of the search after erasing is not opened here')
  const said: Record<string, unknown> = { ...rowOf(document['verification']) }
  delete said['method'] // how a search works is the processor's word
  const recorded = searchedAgain(again)
  const differing = [...new Set([...Object.keys(recorded), ...Object.keys(said)])].filter((key) => !same(key === 'at' ? secondsOf(said[key]) : said[key], recorded[key]))
  if (differing.length > 0) return contradicted('verification', `the search after erasing was recorded with another ${differing.join(', ')}`, [again.index])
  return shown('verification', `sweep ${String(said['sweep'])} found ${String(said['residual'])} people in ${rowsOf(said['searched']).length} stores; ${rowsOf(said['not_searched']).length} places not searched, ${rowsOf(said['partly_searched']).length} only partly`, [again.index])
}

function sweep({ told }: CertificateCase, { again }: Folded): Claim {
  const id = rowOf(again?.evidence['again'])['sweep']
  const swept = told.find((entry) => entry.type === 'sweep.completed' && entry.evidence['sweep'] === id)
  if (again === undefined || swept === undefined) return notShown('sweep', 'the entry of the sweep that it rests on is not opened here')
  return swept.index < again.index ? shown('sweep', `sweep ${String(id)} was recorded before what was made of it`, [swept.index]) : contradicted('sweep', 'the sweep was recorded after what was made of it', [swept.index])
}

/** The files below each store: what was recorded of them, and no check that was not. */
function physically(document: Row, { physical }: Folded): Claim {
  const said = rowsOf(document['physical_check'])
  const entries = [...physical.values()].map(({ index }) => index)
  const recorded = [...physical.values()].map(({ evidence }) => evidence['outcome'])
  const others = said.filter(({ performed }) => performed !== false)
  const missing = recorded.filter((outcome) => !said.some((one) => same(one, outcome))).length
  const made = others.filter((one) => !recorded.some((outcome) => same(one, outcome))).length
  if (missing + made > 0) return contradicted('physical_check', `${missing} checks of files are said otherwise than recorded, and ${made} were never recorded`, entries)
  return shown('physical_check', recorded.length === 0 ? 'no files below the stores were examined' : `files of ${others.length} stores were searched, as recorded; of ${said.length - others.length} they were not`, entries)
}

/** Rows that a step left because nobody knows whose they are, or another may own them. One line of a file may name its columns. */
function unclearIn({ method, detail }: Row): number {
  const { unowned, ambiguous, no_header: noHeader } = rowOf(detail)
  return Number(ambiguous ?? 0) + Math.max(0, Number(unowned ?? 0) - (method === 'unlink' && noHeader !== true ? 1 : 0))
}

/** Everything that the log itself says stands in the way of *complete*, by store and place. */
function inTheWay({ plan, planned, steps, again, standing }: Folded): { store: unknown; place: unknown }[] {
  const told = rowOf(again?.evidence['again'])
  const undone = rowsOf(plan?.['items']).filter((item) => steps.get(`${String(plan?.['round'])} ${String(item['number'])}`)?.row['state'] !== 'done')
  const unread = rowsOf(told['coverage']).flatMap((store) => [...rowsOf(store['not_read']), ...rowsOf(store['partly_read'])].map((place) => ({ store: store['store'], place: place['place'] })))
  // By the last step at each place that counted any, of whatever round.
  const counted = new Map([...steps.values()].map(({ row }) => [`${String(row['store'])}\n${String(row['place'])}`, row] as const).filter(([, row]) => row['state'] === 'done' && (Number(row['rows_before'] ?? 0) > 0 || unclearIn(row) > 0)))
  const ambiguous = [...counted.values()].filter((row) => unclearIn(row) > 0)
  const gone = rowsOf(told['gone'])
  const stillThere = ambiguous.filter((row) => !gone.some((place) => place['store'] === row['store'] && place['place'] === row['place']))
  // Every store of the plan is demanded, whatever the search names.
  const searched = new Set(rowsOf(told['coverage']).map(({ store }) => store))
  const left = again === undefined ? [] : [...new Set([...rowsOf(plan?.['items']), ...rowsOf(plan?.['coverage'])].map(({ store }) => store))].filter((store) => !searched.has(store)).map((store) => ({ store, place: '*' }))
  return [...(planned === undefined ? [] : rowsOf(plan?.['blocked'])), ...undone, ...rowsOf(told['places']), ...left, ...unread, ...rowsOf(told['unsearched']), ...rowsOf(told['results']), ...unseenCopies(told, standing), ...rowsOf(plan?.['not_taken']).map(({ store }) => ({ store, place: '*' })), ...leadElsewhere(plan, told), ...stillThere].map(({ store, place }) => ({ store, place }))
}

/** Places of the plan where no store led any more when it was searched again: known by what they say they are, or by an address at which they do not say that they are another. */
function leadElsewhere(plan: Row | undefined, told: Row): Row[] {
  if (told['leads'] === undefined) return []
  const there = rowsOf(told['leads'])
  const isThere = (lead: Row, one: Row): boolean => (lead['is'] !== undefined && lead['is'] === one['is']) || (lead['to'] === one['to'] && (lead['of'] === undefined || one['of'] === undefined || lead['of'] === one['of']))
  return rowsOf(plan?.['leads']).filter((lead) => lead['to'] !== null && !there.some((one) => isThere(lead, one) || (one['store'] === lead['store'] && one['to'] === null))).map(({ store }) => ({ store, place: '*' }))
}

/** What two people stated of addresses that were not searched again: held against who stated it, and never more than their word. */
function addresses(document: Row, folded: Folded): Claim[] {
  const said = rowsOf(document['addresses'])
  const lost = new Set(leadElsewhere(folded.plan, rowOf(folded.again?.evidence['again'])).map(({ store }) => store))
  const recorded = [...folded.addresses.values()].filter(({ row }) => row['confirmed_by'] !== undefined && lost.has(row['store']))
  if (said.length === 0 && recorded.length === 0) return []
  const entries = recorded.flatMap((one) => one.entries)
  const asRecorded = said.map(({ standing, ...row }) => ({ ...row, ...(standing === standingOfWord ? {} : { standing }), stated: secondsOf(row['stated']), confirmed: secondsOf(row['confirmed']) }))
  if (!sameSet(asRecorded, recorded.map(({ row }) => row))) return [contradicted('addresses', 'what is stated of addresses is said otherwise than two people recorded it', entries)]
  return recorded.map(({ row, entries: own }) => {
    const [store, by, second, because] = ['store', 'stated_by', 'confirmed_by', 'because'].map((key) => textOf(row[key]))
    return { ...byWord('addresses', row['says'] === 'gone' ? `stated, not verified: where ${store} led is gone, by ${by}, confirmed by ${second} (${because})` : `stated, not verified: ${store} was moved as it is, by ${by}, confirmed by ${second} (${because})`), entries: own }
  })
}

/** Copies of governed copies that could not be looked for, and places that were not looked into for them. One of an earlier contract is settled by a certificate that stood then, and was not partial. */
function unseenCopies(told: Row, standing: ReadonlySet<unknown>): Row[] {
  const governed = rowOf(told['governed'])
  const untold = [...rowsOf(governed['not_told']).filter((one) => one['no_token'] !== true), ...rowsOf(governed['settled']).filter(({ certificate }) => !standing.has(certificate))]
  return [...untold.map(({ copy }) => ({ store: '*', place: copy })), ...rowsOf(governed['not_read'])]
}

function obstacles(document: Row, folded: Folded): Claim {
  const listed = rowsOf(document['obstacles'])
  const missing = inTheWay(folded).filter((one) => !listed.some((other) => other['store'] === one.store && other['place'] === one.place))
  return missing.length === 0
    ? shown('obstacles', `${listed.length} listed, and the log knows of no other`, [folded.planned?.index, folded.again?.index])
    : contradicted('obstacles', `${missing.length} that the log records are not listed`, [folded.planned?.index, folded.again?.index])
}

function status(document: Row, folded: Folded): Claim {
  const said = textOf(document['status'])
  if (folded.again === undefined || folded.planned === undefined) return notShown('status', 'the plan or the search after erasing is not opened here')
  const residual = rowOf(folded.again.evidence['again'])['residual']
  const [backups, exceptions, hindering] = [rowsOf(document['backups']).length, rowsOf(document['exceptions']).length, rowsOf(document['obstacles']).length + inTheWay(folded).length]
  const entries = [folded.planned.index, folded.again.index]
  if (said === 'partial') return shown('status', 'partial: it claims no more than what is listed', entries)
  const allowed = residual === 0 && hindering === 0 && ({ complete: backups === 0 && exceptions === 0, complete_with_exceptions: backups === 0, pending_backup_expiry: backups > 0 } as Readonly<Record<string, boolean>>)[said] === true
  return allowed ? shown('status', `${said} is what the log allows: nothing was left and nothing stood in the way`, entries) : contradicted('status', `${said} is more than the log allows`, entries)
}

/** What law obliges to keep: each as it was recorded, and nothing that the plan kept left out. */
function kept({ document, told, issued }: CertificateCase, { plan }: Folded, erasure: string): Claim {
  const said = rowsOf(document['exceptions'])
  const recorded = told.filter(({ type, index, evidence }) => type === 'erasure.excepted' && index < issued.index && evidence['erasure'] === erasure)
  const entryOf = (id: unknown): Told | undefined => recorded.find(({ evidence }) => evidence['exception'] === id)
  const entries = said.map(({ exception }) => entryOf(exception)?.index)
  const otherwise = said.filter((one) => {
    const evidence = entryOf(one['exception'])?.evidence
    return evidence === undefined || secondsOf(one['until']) !== evidence['expires'] || !same([one['store'], one['place'], one['rows'], one['law'], one['statute']], [evidence['store'], evidence['place'], evidence['rows'], evidence['jurisdiction'], evidence['statute']])
  }).length
  const missing = rowsOf(plan?.['kept']).filter(({ exception }) => !said.some((one) => one['exception'] === exception)).length
  if (otherwise + missing > 0) return contradicted('exceptions', `${otherwise} are said otherwise than recorded, and ${missing} that were kept are not listed`, entries)
  return shown('exceptions', said.length === 0 ? 'nothing was kept by law' : `${said.length} kept, with statute and expiry as recorded; whether that law obliges to is the processor's word`, entries)
}

interface Answered { asked?: Told; answered?: Told }

/** What sub-processors were asked and answered, as recorded. That the contract names no others, and that what they sent is true, is the processor's word; without a request in the log nothing is held against it. */
function subProcessors({ document, told, issued }: CertificateCase, erasure: string): Claim[] {
  const recorded = new Map<string, Answered>()
  for (const entry of told.filter(({ index, evidence }) => index < issued.index && evidence['erasure'] === erasure)) {
    const one = recorded.get(textOf(entry.evidence['name'])) ?? {}
    if (entry.type === 'erasure.sub_processor_asked' && one.answered === undefined) recorded.set(textOf(entry.evidence['name']), { ...one, asked: entry })
    else if (entry.type === 'erasure.sub_processor_answered') recorded.set(textOf(entry.evidence['name']), { ...one, answered: entry })
  }
  if (recorded.size === 0 && document['sub_processors'] === undefined) return []
  const said = rowsOf(document['sub_processors'])
  if (recorded.size === 0 && said.every(({ evidence, asked }) => evidence === 'none obtained' && asked === null)) return [byWord('sub_processors', said.length === 0 ? 'none is named, and the log records none that was asked' : `${said.length} are named, and none of them was asked`)]
  const entries = [...recorded.values()].flatMap(({ asked, answered }) => [asked?.index, answered?.index])
  const otherwise = said.filter((row) => !same(row, { ...row, ...answerAs(recorded.get(textOf(row['name']))) })).length
  const missing = [...recorded.keys()].filter((name) => !said.some((row) => row['name'] === name)).length
  const unproved = document['status'] === 'partial' ? 0 : said.filter(({ evidence }) => evidence === 'none obtained').length
  if (otherwise + missing + unproved > 0) return [contradicted('sub_processors', `${otherwise} are said otherwise than recorded, ${missing} that were asked are not listed, and ${unproved} gave no evidence, which leaves it partial`, entries)]
  return [shown('sub_processors', `${said.length} named, each asked and answered as recorded; what their papers say is their own word`, entries)]
}

const dayOf = (entry: Told | undefined): string | null => (entry === undefined ? null : new Date(entry.at * 1000).toISOString().slice(0, 10))

/** A sub-processor in the certificate's form, as the log tells it. */
function answerAs({ asked, answered }: Answered = {}): Row {
  const { sha256, says, outcome } = answered?.evidence ?? {}
  const evidence = sha256 === undefined ? { evidence: 'none obtained', because: says, sha256: undefined, says: undefined, received: undefined } : { evidence: outcome, sha256, says, received: dayOf(answered), because: undefined }
  return { asked: dayOf(asked), ...evidence }
}

function people(document: Row, { operator, planned, confirmed, plan }: Folded): Claim {
  if (planned === undefined || confirmed === undefined) return notShown('people', 'the plan or its confirmation is not opened here')
  const by = (role: string): unknown => rowsOf(document['signatories']).find((one) => one['role'] === role)?.['person']
  const operators = [operator, ...(Array.isArray(plan?.['operators']) ? (plan['operators'] as unknown[]) : [])]
  const checked = confirmed.evidence['by']
  const wrong = [
    ...(by('carried out') === operator ? [] : ['another person carried it out']), ...(by('checked') === checked ? [] : ['another person checked it']),
    ...(operators.includes(checked) ? ['whoever checked it had carried it out'] : []),
  ]
  return wrong.length === 0 ? shown('people', 'carried out and checked by the two people named', [planned.index, confirmed.index]) : contradicted('people', wrong.join('; '), [planned.index, confirmed.index])
}

/** What is seen to be otherwise stays so, whatever else is not opened. */
function fingerprints(one: CertificateCase, folded: Folded): Claim {
  const [claim, { issued, hiddenTraces = [] }] = [fatesOf(one, folded), one]
  const unseen = hiddenTraces.filter((index) => index > (folded.again?.index ?? 0) && index < issued.index).length
  return unseen === 0 || claim.standing === 'contradicted' ? claim : notShown('fingerprints', `${unseen} entries about them between the search and the certificate are not opened here`)
}

function fatesOf({ document, told, issued }: CertificateCase, { again }: Folded): Claim {
  const said = rowOf(document['fingerprints'])
  const fates = told.filter(({ type, index }) => (type === 'trace.destroyed' || type === 'trace.kept') && index > (again?.index ?? 0) && index < issued.index)
  const entries = fates.map(({ index }) => index)
  const kept = fates.filter(({ type }) => type === 'trace.kept')
  if (said['standing'] === 'destroyed') return kept.length > 0 ? contradicted('fingerprints', 'they are said to be destroyed, and some were kept', entries) : fates.length > 0 ? shown('fingerprints', 'destroyed, as recorded', entries) : byWord('fingerprints', 'destroyed; no entry between the search and the certificate says so')
  if (said['standing'] === 'retained') return kept.length > 0 && kept.every(({ evidence }) => evidence['keepUntil'] === secondsOf(said['until'])) ? shown('fingerprints', `kept until ${String(said['until'])}, for search only`, entries) : byWord('fingerprints', `kept until ${String(said['until'])}; no entry between the search and the certificate says so`)
  return fates.length === 0 ? shown('fingerprints', 'held until what is left is erased', []) : contradicted('fingerprints', 'they are said to be held, and were not', entries)
}

/** Whether a finding is shown to be of a later contract: of governed copies that were made after the certificate, by time and by their place in the log; or known by fingerprints that were taken after it for the first time since any were destroyed, where a sweep since, which knew them already, had not found it. */
function isLater({ evidence, index: found }: Told, told: readonly Told[], issued: Told): boolean {
  const detail = rowOf(evidence['detail'])
  const after = Number(rowOf(detail['made'])['after'] ?? -Infinity)
  if (after < issued.at) return false
  const later = told.filter(({ index }) => index > issued.index && index < found)
  if (detail['copies'] !== undefined) return rowsOf(detail['copies']).every(({ copy }) => later.some(({ type, evidence: begun }) => type === 'transfer.begun' && begun['id'] === copy))
  const datasets = Array.isArray(detail['datasets']) ? (detail['datasets'] as unknown[]) : []
  const swept = later.filter(({ type, at }) => type === 'sweep.completed' && at === after)
  return datasets.length > 0 && datasets.every((id) => {
    const life = told.filter(({ type, index, evidence: one }) => (type === 'trace.taken' || type === 'trace.destroyed') && index < found && one['id'] === id)
    const [taken] = life.slice(life.findLastIndex(({ type }) => type === 'trace.destroyed') + 1)
    return taken !== undefined && taken.index > issued.index && swept.some((sweep) => taken.index < sweep.index && taken.at <= sweep.at)
  })
}

/** What happened after it: whatever takes it back, and what could and is not opened here. */
function since({ told, hidden, hiddenTraces = [], issued }: CertificateCase, { again }: Folded, erasure: string): Claim {
  const from = again?.index ?? issued.index
  const findings = told.filter((entry) => entry.type === 'finding.opened' && entry.index > from)
  const found = findings.filter((entry) => !isLater(entry, told, issued))
  if (found.length > 0) return contradicted('since', `${found.length} copies were found after the search that it rests on`, found.map(({ index }) => index))
  const reopened = told.find(({ type, index, evidence }) => type === 'erasure.reopened' && evidence['erasure'] === erasure && index > issued.index)
  if (reopened !== undefined) return contradicted('since', 'its erasure was opened again', [reopened.index])
  const unseen = hiddenTraces.filter((index) => index < (findings.at(-1)?.index ?? 0)).length
  if (unseen > 0) return notShown('since', `whether what was found since is of a later contract: ${unseen} entries about fingerprints before it are not opened here`)
  const later = hidden.filter((index) => index > from)
  return later.length > 0 ? notShown('since', `${later.length} later entries about findings, erasures or certificates are not opened here`) : shown('since', 'no entry after it takes it back', [])
}

const wordsFor: Readonly<Record<string, string>> = {
  processor: 'who the processor is', instruction: 'the choice of the controller and its clause', backups: 'which backups there are and when they expire',
environments: 'which environments there are', limits: 'limits that stand on every certificate', version: 'how many certificates came before',
}
const held = new Set(['certificate_id', 'issued_at', 'status', 'controller', 'contract', 'deadline', 'within_deadline', 'places', 'verification', 'physical_check', 'fingerprints', 'obstacles', 'exceptions', 'signatories', 'sub_processors', 'addresses', 'log'])

/** Everything else that stands in it: nothing is passed over in silence. */
function words(document: Row): Claim[] {
  return Object.keys(document).filter((key) => !held.has(key)).map((key) => byWord(key, `${wordsFor[key] ?? 'not known to this verifier'}: by the processor's word`))
}
