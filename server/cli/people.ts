import type { Command } from 'commander'
import { allPeople, commit, standings, train } from '#people'
import { formatDay } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { makeSignatoryKey } from './keys.ts'
import { addToken } from './serve.ts'

/** `bailee people ...`. */
export function addPeople(program: Command): void {
  const people = program.command('people').description('staff: commitments, training, access tokens')
  common(people.command('commit <person>').description('record that a person promised confidentiality (Art. 28(3)(b))')).action(async (person: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      await commit(ledger, person, at)
      say(options, { ok: true, person, committed: formatDay(at) }, () => [`${person} is bound to confidentiality since ${formatDay(at)}.`])
    })
  })
  common(people.command('train <person> <training>').description('record that a person passed a training')).action(async (person: string, training: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      await train(ledger, { person, training }, at)
      say(options, { ok: true, person, training, passed: formatDay(at) }, () => [`${person} passed ${training} on ${formatDay(at)}.`])
    })
  })
  addToken(people)
  people.command('key').description('make a signatory\'s key, to be kept by the signatory')
    .requiredOption('--out <file>', 'where the private key goes (never overwritten)').option('--json', 'answer in JSON')
    .action((options: CommonOptions & { out: string }) => {
      const publicKey = makeSignatoryKey(options.out)
      say(options, { ok: true, file: options.out, public_key: publicKey }, () => [`Private key in ${options.out} (keep it with the signatory).`, `Declare beside the signatory in bailee.yaml:  public_key: "${publicKey}"`])
    })
  listing(people.command('list').description('who is declared, and what they hold')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const known = await standings(database)
      const everybody = (await allPeople(database)).map((person) => ({ ...person, ...known.get(person.id) }))
      say(options, everybody, () => everybody.map((person) => `${person.id}  ${person.role}  ${person.committedAt === undefined ? 'no commitment' : `committed ${formatDay(person.committedAt)}`}  ${(person.passed ?? []).map((passed) => `${passed.training} ${formatDay(passed.passedAt)}`).join(', ') || 'no training'}`))
    })
  })
}
