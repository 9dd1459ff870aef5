import { Option, type Command } from 'commander'
import { lookBack } from '#composition'
import { findContract } from '#contract'
import { writeDocument } from '#document'
import { clausesFor, type Language } from '#register'
import { parseInstant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { handOut } from './handOut.ts'

type ClausesOptions = CommonOptions & { readonly contract: string; readonly language: Language; readonly out: string; readonly asOf?: string }

/** `bailee register clauses`: annexes I to IV of the standard contractual clauses (EU) 2021/915. */
export function addClauses(register: Command): void {
  common(register.command('clauses').summary('annexes I to IV of the standard clauses 2021/915, as PDF').description('fill in annexes I to IV of the standard contractual clauses 2021/915, as PDF; gaps are visible')).requiredOption('--contract <id>', 'of this contract').requiredOption('--out <file>', 'a new file')
    .addOption(new Option('--language <language>', 'en | fr').choices(['en', 'fr']).default('en')).option('--as-of <date>', 'as the ledger told it then')
    .action(async ({ asOf: day, ...options }: ClausesOptions) => {
      await withBailee(options, async (bailee, at) => {
        const { contract: id, language, out } = options
        const moment = (day === undefined ? undefined : parseInstant(day)) ?? at
        const clauses = await (day === undefined ? clausesFor(bailee.database, { contract: id, language }, at) : lookBack(bailee, moment, ({ database }) => clausesFor(database, { contract: id, language }, moment)))
        const { slot } = await findContract(bailee.ledger, id)
        const made = await handOut(bailee.ledger, { out, bytes: await writeDocument(clauses.paper), slot, asOf: moment, format: 'clauses 2021/915', language }, at)
        say(options, { ok: true, out, contract: id, gaps: clauses.gaps, ...made }, () => [`${out}: annexes I to IV for ${id}, ${made.bytes} bytes, sha256 ${made.sha256}, recorded in the ledger`, ...(clauses.gaps.length === 0 ? ['  nothing is left to tell but the signatures'] : [`  ${clauses.gaps.length} gaps: ${clauses.gaps.join(', ')}`])])
      })
    })
}
