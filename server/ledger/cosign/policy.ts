import { formatVerifierKey, Malformed, parsePolicy, type Policy } from '@bailee/verifier'

/** Somebody who cosigns the root log: a word for it in the policy, where it is asked, and its key (type 0x04). */
export interface DeclaredWitness {
  readonly name: string
  readonly url: string
  readonly vkey: string
}

/** Who is asked, and how many of them are enough: what a C2SP tlog-policy says, as declared. `quorum` names a witness, a group, or `none`. */
export interface WitnessPolicy {
  readonly witnesses: readonly DeclaredWitness[]
  readonly groups: readonly { readonly name: string; readonly needs: 'all' | 'any' | number; readonly of: readonly string[] }[]
  readonly quorum: string
}

/** What holds when nothing was declared. */
export const noWitnesses: WitnessPolicy = { witnesses: [], groups: [], quorum: 'none' }

/** The text of a C2SP tlog-policy. With `quorum` other than declared: what a checkpoint satisfies that the declared one does not. */
export function formatPolicy(root: { readonly name: string; readonly publicKey: Uint8Array }, policy: WitnessPolicy, quorum = policy.quorum): string {
  const lines = [
    `log ${formatVerifierKey(root.name, root.publicKey)}`,
    ...policy.witnesses.map(({ name, vkey }) => `witness ${name} ${vkey}`),
    ...policy.groups.map(({ name, needs, of }) => `group ${name} ${needs} ${of.join(' ')}`),
    `quorum ${quorum}`,
  ]
  return `${lines.join('\n')}\n`
}

const anyKey = { name: 'processor.example/root', publicKey: new Uint8Array(32) }

/** Reads what was declared, as a verifier will read it. Throws `Malformed` for names that nobody has, thresholds that cannot be met, one key twice. */
export function readPolicy(policy: WitnessPolicy): Policy {
  return parsePolicy(formatPolicy(anyKey, policy))
}

/** What is wrong with a declared policy, in a sentence; undefined when a verifier will read it. */
export function policyProblem(policy: WitnessPolicy): string | undefined {
  try {
    readPolicy(policy)
    return undefined
  } catch (error) {
    if (error instanceof Malformed) return `${error.message} (${error.code})`
    throw error
  }
}
