import type { Command } from 'commander'
import { formatVerifierKey } from '@bailee/verifier'
import { findController } from '#contract'
import { cosign, rootOrigin, showWitnesses, type Asked, type Ledger, type WitnessShown } from '#ledger'
import { formatInstant, machineClock } from '#kit/time'
import { common, say, tell, withBailee, type CommonOptions } from './context.ts'

/** `bailee ledger cosign`, `witnesses`, `vkey`. */
export function addCosign(ledger: Command, exit: (code: number) => void): void {
  common(ledger.command('cosign').description('take a snapshot and ask every declared witness to cosign it; exit 1 unless all did'))
    .action(async (options: CommonOptions) => {
      await withBailee(options, async (bailee, at) => {
        const snapshot = await bailee.ledger.snapshot(at)
        const asked = await cosign(bailee.ledger, { clock: machineClock, last: snapshot, anew: true })
        const good = asked.length > 0 && asked.every(({ outcome }) => outcome === 'cosigned' || outcome === 'already')
        if (!good) exit(1)
        say(options, { ok: good, snapshots: snapshot + 1, witnesses: asked }, () => [`${snapshot + 1} snapshots.`, ...(asked.length === 0 ? ['  no witness is declared: add witnessing to bailee.yaml'] : asked.flatMap(linesOfAsked))])
      })
    })
  common(ledger.command('witnesses').description('who cosigns the root log: what each saw last, when, and what failed since'))
    .action(async (options: CommonOptions) => {
      await withBailee(options, async ({ database }) => {
        const { policy, witnesses } = await showWitnesses(database)
        say(options, { ok: true, quorum: policy.quorum, groups: policy.groups, witnesses }, () => [...witnesses.flatMap(linesOf), witnesses.length === 0 ? 'No witness is declared: the processor alone signs its log.' : `quorum ${policy.quorum}`])
      })
    })
  common(ledger.command('vkey').description('the key of the root log, for witnesses and verifiers; or of a controller\'s log').option('--controller <id>', 'whose log'))
    .action(async (options: CommonOptions & { controller?: string }) => {
      await withBailee(options, async ({ ledger: record }) => {
        const name = options.controller === undefined ? rootOrigin(record) : `${record.origin}/${(await findController(record, options.controller)).slot}`
        const vkey = formatVerifierKey(name, (await record.signers()).log.signer.publicKey)
        say(options, { ok: true, vkey }, () => [vkey])
      })
    })
}

/** What is said of one witness that was asked. */
export const linesOfAsked = ({ name, outcome, because, history }: Asked): string[] => [
  `  ${name}: ${outcome === 'already' ? 'had cosigned it' : outcome}${because === undefined ? '' : `; ${because}`}`,
  ...(history === true ? [`    ${anotherHistory}`] : []),
]

const anotherHistory = 'ANOTHER HISTORY: record nothing more before it is known which is the later one; docs/guide/keys.md, "Restoring"'

function linesOf({ name, url, vkey, contact }: WitnessShown): string[] {
  const size = contact?.size ?? undefined
  const good = size === undefined ? 'never cosigned' : `cosigned ${size} snapshots at ${formatInstant(contact?.cosignedAt ?? 0)}`
  const bad = contact === undefined || contact.because === null ? [] : [`    failed ${contact.failures} ${contact.failures === 1 ? 'time' : 'times'} since, last at ${formatInstant(contact.triedAt)}: ${contact.because}`]
  return [`${name}  ${url}  ${vkey}`, `    ${good}`, ...bad]
}

/** Asks the witnesses that are due, and tells whoever runs this of any that has seen another history. Never throws. */
export async function cosignQuietly(ledger: Ledger, more: { readonly anew?: boolean } = {}): Promise<void> {
  try {
    for (const { name, history, because } of await cosign(ledger, { clock: machineClock, patient: more.anew !== true, ...more })) {
      if (history === true) tell(`witness ${name}: ${because}; ${anotherHistory}`)
    }
  } catch (cause) {
    tell(`not cosigned: ${cause instanceof Error ? cause.message : 'unknown fault'}`)
  }
}
