import { InvalidArgumentError, type Command } from 'commander'
import { lookBack } from '#composition'
import { findController } from '#contract'
import { checkRecord, driftOf, formats, isCompliant, layouts, recordsOf, streamRegister, whole, type Format, type Language, type Layout, type RegisterRecord } from '#register'
import { Misuse } from '#kit/errors'
import { formatDay, parseInstant, type Instant } from '#kit/time'
import { addAssess } from './assess.ts'
import { addClauses } from './clauses.ts'
import { addCompelled } from './compelled.ts'
import { listing, say, withBailee, type CommonOptions } from './context.ts'
import { addGuarantees } from './guarantees.ts'
import { handOut } from './handOut.ts'
import { addInquiries } from './inquiry.ts'

type Whose = CommonOptions & { controller?: string; all?: boolean; confidential?: boolean }

/** `bailee register ...`. */
export function addRegister(program: Command, exit: (code: number) => void): void {
  const register = program.command('register').description('the record of processing per controller (Art. 30(2)), as of any moment')
  whose(listing(register.command('show').description('what the record holds'))).action(async (options: Whose) => {
    await withBailee(asOfDay(options), async ({ database }, at) => {
      const records = await recordsOf(database, asked(options), at)
      say(options, records.map(whole), () => records.flatMap(shownRecord))
    })
  })
  whose(listing(register.command('check').description('what is missing, by article, and where declared and seen part; exit code 1 when something lacks'))).action(async (options: Whose) => {
    await withBailee(asOfDay(options), async ({ database }, at) => {
      const records = await recordsOf(database, asked(options), at)
      const answers = records.map((record) => ({ controller: record.controller.id, compliant: isCompliant(record), missing: checkRecord(record), drift: driftOf(record) }))
      if (answers.some(({ compliant }) => !compliant)) exit(1)
      say(options, answers, () => answers.flatMap((one) => [
        `${one.controller}: ${one.compliant ? 'nothing that Art. 30(2) requires is missing' : 'NOT complete'}`,
        ...one.missing.map(({ code, required, says }) => `  ${required ? '!' : '-'} ${code}: ${says}`), ...one.drift.map(({ kind, article, says }) => `  ~ ${kind} (Art. ${article}): ${says}`),
      ]))
    })
  })
  addExport(register)
  addClauses(register)
  addCompelled(register)
  addInquiries(register, exit)
  addGuarantees(register, exit)
  addAssess(register)
}

const whose = (command: Command): Command => command.option('--controller <id>', 'of this controller').option('--all', 'of all').option('--confidential', 'with what law forbids to tell the controller')

function asked({ controller, all, confidential }: Whose): { controllers?: readonly string[]; confidential: boolean } {
  if ((controller === undefined) !== (all === true)) throw new Misuse('say whose: --controller ID, or --all')
  return { confidential: confidential === true, ...(controller === undefined ? {} : { controllers: [controller] }) }
}

/** What is shown of a day is what was known on it, however the day was given. */
const asOfDay = <Options extends Whose>(options: Options): Options => (options.asOf === undefined && options.at !== undefined ? { ...options, asOf: options.at } : options)

const oneOf = (known: readonly string[]) => (text: string): string => {
  if (!known.includes(text)) throw new InvalidArgumentError(`one of ${known.join(', ')}`)
  return text
}

interface ExportOptions extends Whose { readonly format: Format; readonly language: Language; readonly layout?: Layout; readonly out: string }

function addExport(register: Command): void {
  whose(listing(register.command('export').description('write the register to a file, and its hash to the ledger')))
    .requiredOption('--format <format>', formats.join(' | '), oneOf(formats)).requiredOption('--out <file>', 'a new file')
    .option('--language <language>', 'en | fr', oneOf(['en', 'fr']), 'en').option('--layout <layout>', `${layouts.join(' | ')} (default: all; csv: ico)`, oneOf(layouts))
    .action(async ({ asOf: day, ...options }: ExportOptions) => {
      const until = day ?? options.at
      await withBailee(options, async (bailee, at) => {
        const moment = until === undefined ? at : momentAsked(until)
        const records = await (until === undefined ? recordsOf(bailee.database, asked(options), at) : lookBack(bailee, moment, ({ database }) => recordsOf(database, asked(options), moment)))
        const { format, language, layout, controller, out } = options
        const slot = controller === undefined || options.confidential === true ? 0 : (await findController(bailee.ledger, controller)).slot
        const made = await handOut(bailee.ledger, { out, bytes: (take) => streamRegister(records, { format, language, layout }, take), slot, asOf: moment, format, language, layout }, at)
        say(options, { ok: true, out: options.out, asOf: formatDay(moment), controllers: records.length, ...made }, () => [`${options.out}: the register of ${records.length === 1 ? records[0]!.controller.id : `${records.length} controllers`} as of ${formatDay(moment)}, ${made.bytes} bytes`, `  sha256 ${made.sha256}, recorded in the ledger`])
      })
    })
}

/** A moment of the past that was named. Throws `Misuse`. */
export function momentAsked(text: string): Instant {
  const moment = parseInstant(text)
  if (moment === undefined || moment < 0) throw new Misuse(`--as-of takes a date such as 2019-04-15 or 2019-04-15T09:00:00Z, from 1970 on, not ${JSON.stringify(text)}`)
  return moment
}

function shownRecord(record: RegisterRecord): string[] {
  const told = (one: { is: string; value?: unknown }, text: (value: never) => string): string => (one.is === 'told' ? text(one.value as never) : one.is === 'none' ? 'none (declared)' : one.is === 'not_needed' ? 'not needed' : 'MISSING')
  const contact = (one: { name: string; contact: string }): string => `${one.name}, ${one.contact}`
  const party = (one: RegisterRecord['processor'], what: string): string[] => [`  (a) ${what}: ${one.name}, ${one.country}; ${told(one.email, (text: string) => text)}`, `      representative: ${told(one.representative, contact)}; data protection officer: ${told(one.dpo, contact)}`]
  return [
    `${record.controller.id} as of ${formatDay(record.asOf)}: ${isCompliant(record) ? 'complete' : 'NOT complete (bailee register check says what is missing)'}`,
    ...party(record.processor, 'processor'), ...party(record.controller, 'controller'),
    ...record.categories.map((one) => `  (b) ${one.instruction}: ${one.operations.join(', ')} in ${one.environments.join(', ')}; ${one.inForce ? 'in force' : one.state}; ${one.observed === undefined ? 'no session seen' : `${one.observed.sessions} sessions, ${one.observed.rows} rows`}`),
    `  (c) ${told(record.transfers, (all: readonly { country: string; tool: { is: string; value?: string }; seen: readonly string[] }[]) => all.map((one) => `${one.country}: ${told(one.tool, (text: string) => text)}${one.seen.length === 0 ? '' : ` (${one.seen.join('; ')})`}`).join(' | '))}`,
    `  (d) ${told(record.measures, (all: readonly { heading: string }[]) => all.map(({ heading }) => heading).join(', '))}`,
    ...record.compulsions.map((one) => `  compelled ${one.id}: ${one.authority}, ${one.law} (${one.country}): ${one.handedOver}${one.informing === 'forbidden' ? '; law forbids to tell the controller' : ''}`),
    ...record.copies.map((one) => `  copy ${one.id} (${one.kind}) in ${one.store}, ${one.place}`),
    ...driftOf(record).map((one) => `  ~ ${one.kind}: ${one.says}`),
  ]
}
