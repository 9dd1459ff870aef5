/** What a session may release: its budget, what to lease next, and what the ledger is told of it. Pure. */
import type { SessionCounts, SessionPlan } from './doorkeeper.ts'
import { leaseMilliseconds, leaseRowsMax, leaseRowsMin, leaseShare, overheadBytes } from './limits.ts'
import { ServerMeter } from './wire/server.ts'

/** A meter with the budget of a plan. `rowBytes`: the width of a row. */
export function meterOf(plan: SessionPlan, rowBytes: number): ServerMeter {
  return new ServerMeter({ rowsMax: plan.rowsMax, bytesMax: plan.bytesMax ?? plan.rowsMax * rowBytes + overheadBytes, rowBytes })
}

/**
 * What to lease next: an eighth of what was used, or, where it is more, what is used in half a second at `rate` (row-equivalents a millisecond) and not more than what was used so far; within limits, at least
 * what is needed, never beyond the budget.
 */
export function nextLease(meter: ServerMeter, neededRows: number, neededBytes: number, rate = 0): { rows: number; bytes: number } {
  const { rowsMax, bytesMax, rowBytes } = meter.budget
  const used = Math.max(meter.charged / leaseShare, Math.min(meter.charged, rate * leaseMilliseconds))
  const block = Math.min(leaseRowsMax, Math.max(leaseRowsMin, Math.floor(used)))
  const rows = neededRows > 0 ? Math.max(block, neededRows) : 0
  const bytes = Math.max(neededBytes, block * rowBytes + overheadBytes / leaseShare)
  return { rows: Math.min(rows, rowsMax - meter.leasedRows), bytes: Math.min(bytes, bytesMax - meter.leasedBytes) }
}

/** How fast a session takes what it leases, and when it is worth looking whether to lease ahead. */
export class LeasePace {
  private at = performance.now()
  private charged = 0
  private readonly until = { rows: 0, bytes: 0 }

  /** Nothing to look at: less was used since the last look than that. */
  enough({ charged, bytes }: ServerMeter): boolean {
    return charged <= this.until.rows && bytes <= this.until.bytes
  }

  /** The next look is worth while when a quarter of what is left was used. */
  wait({ charged, leasedRows, bytes, leasedBytes }: ServerMeter): void {
    this.until.rows = charged + (leasedRows - charged) / 4
    this.until.bytes = bytes + (leasedBytes - bytes) / 4
  }

  /** Row-equivalents a millisecond since a lease was asked for last. */
  rate({ charged }: ServerMeter): number {
    return (charged - this.charged) / Math.max(1, performance.now() - this.at)
  }

  asked({ charged }: ServerMeter): void {
    this.at = performance.now()
    this.charged = charged
  }
}

/** What a session leases first, before the width of its rows is known. */
export const firstLease = { rows: leaseRowsMin, bytes: overheadBytes / leaseShare }

/** Counts as the ledger takes them. */
export function countsOf(meter: ServerMeter, statements: number, refused: number): SessionCounts {
  const { rows, written, charged, bytes, errors, leasedRows, leasedBytes } = meter
  return { statements, rows, ...(written === 0 ? {} : { written }), charged, bytes, errors, refused, leasedRows, leasedBytes }
}
