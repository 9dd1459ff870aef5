import type { Command } from 'commander'
import type { Bailee } from '#composition'
import { theProcessor } from '#contract'
import { keyRevocations, paperKeys, revokeKey, rotateKey, rotatePaperKey, signingKeys } from '#ledger'
import { allPeople } from '#people'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { wholeNumber } from './sessions.ts'

const purposes = ['log', 'certificate'] as const

function purposeOf(text: string): (typeof purposes)[number] {
  const found = purposes.find((one) => one === text)
  if (found === undefined) throw new Misuse(text === 'paper' ? 'the paper key is rotated, not revoked: whether pages are the processor\'s is told by their hash in the log' : `there is a log key, a certificate key and a paper key, and no ${JSON.stringify(text)} key; the others end with their period`)
  return found
}

interface RevokeOptions extends CommonOptions { readonly number: string; readonly afterSnapshots: string; readonly because: string; readonly as: string }

/** `bailee key signing`, `rotate` and `revoke`. */
export function addRotation(key: Command): void {
  common(key.command('signing').description('the keys that sign logs, certificates and papers, and which are not believed any more')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ ledger, database }) => {
      const [keys, revocations, present, papers] = [await signingKeys(database), await keyRevocations(database), await ledger.signers(), await paperKeys(database)]
      const paper = papers.map(({ number, sha256, since }) => ({ number, sha256, since }))
      say(options, { ok: true, present: { log: present.log.number, certificate: present.certificate.number, paper: paper.at(-1)?.number ?? null }, keys, revocations, paper }, () => [
        ...purposes.map((purpose) => `  ${purpose} key ${present[purpose].number} signs`),
        ...(paper.length === 0 ? ['  no paper key yet: it is made with the first pages that are signed'] : paper.map(({ number, sha256, since }, at) => `  paper key ${number} ${at === paper.length - 1 ? 'signs' : 'signed'} since ${formatDay(since)}; its certificate: sha256 ${sha256}`)),
        ...keys.map(({ purpose, number, snapshots, since }) => `  ${purpose} key ${number} followed key ${number - 1} on ${formatDay(since)}, after ${snapshots} snapshots`),
        ...revocations.map(({ purpose, number, snapshots, because, at }) => `  ${purpose} key ${number} is not believed after ${snapshots} snapshots, said ${formatDay(at)}: ${because}`),
      ])
    })
  })
  common(key.command('rotate <purpose>').description('let a new key follow: log, certificate or paper')).action(async (purpose: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger, database }, at) => {
      if (purpose === 'paper') {
        const processor = await theProcessor(database)
        const { number, sha256 } = await rotatePaperKey(ledger, { name: processor?.name ?? ledger.origin, country: processor?.country }, at)
        say(options, { ok: true, purpose, number, sha256 }, () => [`paper key ${number} signs from now on`, `  its certificate: sha256 ${sha256}; give it to whoever trusts the one before`])
        return
      }
      const rotated = await rotateKey(ledger, purposeOf(purpose), at)
      say(options, { ok: true, ...rotated }, () => [`${purpose} key ${rotated.number} signs from now on, after ${rotated.snapshots} snapshots`, `  ${rotated.vkey}`, ...(purpose === 'log' ? ['  give it to your witnesses and to whoever pins the old one or follows a published log'] : [])])
    })
  })
  common(key.command('revoke <purpose>').description('what an earlier key signs of later snapshots is not to be believed: somebody may have it'))
    .requiredOption('--number <number>', 'which, as bailee key signing counts them').requiredOption('--after-snapshots <number>', 'how many snapshots it is believed of')
    .requiredOption('--because <text>', 'why; it is recorded').requiredOption('--as <person>', 'who does this')
    .action(async (purpose: string, options: RevokeOptions) => {
      await withBailee(options, async (bailee, at) => {
        await mustBeHere(bailee, options.as)
        const [number, snapshots] = [wholeNumber('--number', options.number, numbersMax), wholeNumber('--after-snapshots', options.afterSnapshots, Number.MAX_SAFE_INTEGER)]
        await revokeKey(bailee.ledger, { purpose: purposeOf(purpose), number, snapshots, because: options.because, by: options.as }, at)
        say(options, { ok: true, purpose, number, snapshots }, () => [`${purpose} key ${number} is believed of ${snapshots} snapshots and no more; hand out new bundles and receipts`])
      })
    })
}

const numbersMax = 1_000

/** Throws `Misuse` for somebody who is not on the staff. */
export async function mustBeHere({ database }: Bailee, person: string): Promise<void> {
  if (!(await allPeople(database)).some(({ id, leftAt }) => id === person && leftAt === undefined)) throw new Misuse(`nobody with id ${person} is declared; --as names who does this, as bailee people list has it`)
}
