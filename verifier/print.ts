import type { CertificateVerdict } from './certificate.ts'
import type { Claim } from './claims.ts'
import type { ReceiptVerdict } from './receipt.ts'
import { contradictedIn, printable } from './verdict.ts'
import type { Trust, Verdict, Witnessed } from './verdict.ts'

/** A verdict for people: every step, then what it shows, then what it does not. */
export function textOf(verdict: Verdict | ReceiptVerdict | CertificateVerdict): string {
  const steps = verdict.steps.map((step) => `${step.outcome === 'passed' ? '✓' : '·'} ${step.name.padEnd(16)} ${step.showed}`)
  if (verdict.outcome === 'refused') {
    const { step, code, message } = verdict.because
    const claims = 'claims' in verdict ? (verdict.claims ?? []).map(lineOf) : []
    return [...steps, `✗ ${step.padEnd(16)} ${message}`, ...(claims.length === 0 ? [] : ['', 'Its claims', ...claims]), '', ...(code === 'certificate/invalidated' ? ['INVALIDATED: this certificate NO LONGER HOLDS. Its signature still verifies; that means nothing any more.'] : []), `REFUSED: ${code} in ${step}. Do not rely on this evidence.`, ''].join('\n')
  }
  const { facts, shows, doesNotShow } = verdict
  const contradicted = contradictedIn(facts)
  const title = `VERIFIED${'certificate' in facts ? `, titled ${facts.status}` : ''}${contradicted.length === 0 ? '' : `, with ${contradicted.join(' and ')}`}`
  return [...steps, '', `${title} (${caveatsOf(facts, 'index' in facts ? 'receipt' : 'bundle')})`, '', 'The evidence shows', ...shows.map((line) => `  + ${line}`), '', 'It does not show', ...doesNotShow.map((line) => `  - ${line}`), ''].join('\n')
}

/** What *verified* rests on, in few words. */
export function caveatsOf(facts: Witnessed & { readonly trust: Trust }, evidence: string): string {
  const inside = facts.trust === 'bundle' ? [`against the key inside the ${evidence}`] : []
  return [...inside, facts.independentlyWitnessed ? `witnessed by ${facts.witnesses.length} of ${facts.witnessesNamed}` : 'not independently witnessed'].join('; ')
}

const marks: Readonly<Record<Claim['standing'], string>> = { shown: '✓', contradicted: '✗', 'not shown': '?', word: '“' }

function lineOf({ claim, standing, says }: Claim): string {
  return `  ${marks[standing]} ${printable(claim).padEnd(16)} ${printable(says)}`
}
