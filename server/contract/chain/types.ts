import type { Custody } from '#people'
import type { Instant } from '#kit/time'

/** Who a sub-processor is, at whatever rank (Opinion 22/2024: name, address, contact person of every one). Keys as in bailee.yaml. */
export interface SubProcessorIdentity {
  readonly name: string
  readonly country: string
  readonly contact: string
  readonly address?: string | undefined
  readonly contact_person?: string | undefined
  readonly purpose?: string | undefined
  /** The sub-processor that engages it; the processor itself when not given. */
  readonly engaged_by?: string | undefined
}

/**
 * `agreed`: listed when the contract first told of sub-processors. `listed`: added to the file later, which tells the controller nothing. `announced`: the controller was told. `objected`, `authorised`:
 * a signatory said so. `withdrawn`: the processor works with it no more, or gave the plan up.
 */
export type SubProcessorState = 'agreed' | 'listed' | 'announced' | 'objected' | 'authorised' | 'withdrawn'

/** Every move of a sub-processor. What time does (silence under a general authorisation) is no move: it is read off `until`. */
export const subProcessorMoves = {
  agreed: ['withdrawn'],
  listed: ['announced', 'authorised', 'withdrawn'],
  announced: ['objected', 'authorised', 'withdrawn'],
  objected: ['authorised', 'withdrawn'],
  authorised: ['withdrawn'],
  withdrawn: ['announced'],
} as const satisfies Record<SubProcessorState, readonly SubProcessorState[]>

export interface SubProcessor {
  readonly contract: string
  readonly name: string
  readonly identity: SubProcessorIdentity
  readonly state: SubProcessorState
  readonly number: number
  readonly since: Instant
  /** From when silence authorises it; null under a specific authorisation, where silence says nothing. */
  readonly until: Instant | null
  readonly signatory: string | null
  readonly custody: Custody | null
  /** It was agreed, listed or had leave once: data may be there, whatever was said of it since. */
  readonly mayHold: boolean
  /** Of an objection. */
  readonly reasons: string | null
}

export type Authorisation = 'general' | 'specific' | 'none'

/** A sub-processor where it stands in the chain at a moment: `tier` 1 is engaged by the processor. `because`: why it may not have data; absent when it may. */
export interface ChainLink extends SubProcessor {
  readonly tier: number
  readonly authorised: boolean
  readonly because?: string
  /** What of its identity nobody told. */
  readonly missing: readonly ('address' | 'contact_person' | 'purpose')[]
}
