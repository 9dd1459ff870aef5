import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { z } from 'zod'
import { allControllers } from '#contract'
import { compile, decide, type Act, type Decision } from '#decision'
import { operations, recordsToJudge } from '#instruction'
import type { Json } from '#ledger'
import { Misuse } from '#kit/errors'
import { parseInstant } from '#kit/time'
import type { Bailee } from '#composition'
import { say, withBailee, type CommonOptions } from './context.ts'

const actSchema = z.strictObject({
  person: z.string().min(1), controller: z.string().min(1), purpose: z.string().min(1), operation: z.enum(operations),
  data: z.record(z.string(), z.union([z.literal('*'), z.array(z.string())])), environment: z.string().min(1),
  recipient: z.string().min(1).optional(), identifiable: z.boolean(), at: z.string().optional(), instruction: z.string().min(1).optional(), approval: z.string().min(1).optional(), what: z.string().regex(/^[0-9a-f]{64}$/).optional(),
})

/** `bailee decision explain|request`. A refusal is a real "no": exit 1. */
export function addDecision(program: Command, exit: (code: number) => void): void {
  const decision = program.command('decision').description('is an act covered by an instruction?')
  for (const [verb, description] of [['explain', 'say what would be decided, and record nothing'], ['request', 'decide, and record the decision in the controller\'s log']] as const) {
    decision.command(verb).description(description)
      .requiredOption('--act <file>', 'the act as JSON; - for standard input')
      .option('--at <date>', 'the date to judge by; wins over the act\'s own')
      .option('--dir <directory>', 'where this processor\'s state is (default .bailee)')
      .option('--json', 'answer in JSON')
      .action(async (options: CommonOptions & { act: string }) => {
        const source = parseAct(options.act)
        await withBailee({ ...options, foresees: verb === 'explain' }, async (bailee, now) => {
          const act = actOf(source, options.at === undefined ? undefined : now, now)
          const answer = decide(act, compile(await recordsToJudge(bailee.ledger)))
          if (verb === 'request') await record(bailee, act, answer)
          if (answer.outcome === 'refused') exit(1)
          say(options, answer, () => describe(answer))
        })
      })
  }
}

type ActSource = z.infer<typeof actSchema>

function parseAct(file: string): ActSource {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (cause) {
    throw new Misuse(cause instanceof SyntaxError ? `${file === '-' ? 'standard input' : file} is not JSON` : `${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
  const parsed = actSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Misuse(parsed.error.issues.map((issue) => `${file}: ${issue.path.join('.') || '(act)'}: ${issue.message}`))
}

function actOf(source: ActSource, given: number | undefined, now: number): Act {
  const own = source.at === undefined ? now : parseInstant(source.at)
  if (own === undefined) throw new Misuse(`at takes a date such as 2019-04-15, not ${JSON.stringify(source.at)}`)
  const { recipient, instruction, approval, what, ...rest } = source
  return { ...rest, at: given ?? own, ...(recipient === undefined ? {} : { recipient }), ...(instruction === undefined ? {} : { instruction }), ...(approval === undefined ? {} : { approval }), ...(what === undefined ? {} : { what }) }
}

/** Records a decision in the log of the controller it concerns. Throws `Misuse` when there is none: nothing may be decided for nobody. */
async function record({ ledger }: Bailee, act: Act, decision: Decision): Promise<void> {
  const controller = (await allControllers(ledger.database)).find((one) => one.id === act.controller)
  if (controller === undefined) throw new Misuse(`no controller ${act.controller} is declared, so there is no log to record the decision in`)
  const evidence = { act, decision } as unknown as Json
  await ledger.append({ slot: controller.slot, type: `decision.${decision.outcome}`, at: act.at, parts: { evidence } })
}

function describe(decision: Decision): string[] {
  if (decision.outcome === 'allowed') return [`allowed under ${decision.under.join(', ')}`]
  return [
    `refused: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR)`,
    decision.against.length === 0 ? '  no accepted instruction of this controller was found to judge it by' : `  judged against ${decision.against[0]}${decision.against.length > 1 ? `; also considered ${decision.against.slice(1).join(', ')}` : ''}`,
    ...decision.exposure.map((article) => `  exposure: Art. ${article}; the purpose is no controller's, so doing it would make the processor one`),
  ]
}
