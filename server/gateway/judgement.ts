/** The records that decisions need, kept as long as the control database says that none of them changed. */
import { compile, type Index } from '#decision'
import { allStores, type Dataset, type Store } from '#inventory'
import { recordsToJudge, type Approval, type Instruction } from '#instruction'
import type { Ledger } from '#ledger'
import * as store from './store.ts'

export interface Known {
  readonly version: number
  readonly index: Index
  readonly stores: readonly Store[]
  readonly datasets: readonly Dataset[]
  readonly instructions: ReadonlyMap<string, Instruction>
  readonly approvals: readonly Approval[]
}

export class Judgement {
  private readonly ledger: Ledger
  private known: Known | undefined
  private reading: { version: number; known: Promise<Known> } | undefined

  constructor(ledger: Ledger) {
    this.ledger = ledger
  }

  /** What holds now: the version is asked for each time, the records only when it moved. */
  async now(): Promise<Known> {
    return this.at(await store.judgedVersion(this.ledger.database))
  }

  /** What holds at least since `version` was read. */
  async at(version: number): Promise<Known> {
    if (this.known?.version === version) return this.known
    if (this.reading === undefined || this.reading.version < version) this.reading = { version, known: this.read(version) }
    const { reading } = this
    try {
      return await reading.known
    } finally {
      if (this.reading === reading) this.reading = undefined
    }
  }

  // Records are read after their version: they are of it, or newer, and then the next question reads them again.
  private async read(version: number): Promise<Known> {
    const [records, stores] = await Promise.all([recordsToJudge(this.ledger), allStores(this.ledger.database)])
    const known = { version, index: compile(records), stores, datasets: records.datasets, instructions: new Map(records.instructions.map((one) => [one.id, one])), approvals: records.approvals }
    if (this.known === undefined || this.known.version < version) this.known = known
    return known
  }
}
