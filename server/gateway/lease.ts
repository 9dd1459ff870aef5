/** What a session may release: its budget, what to lease next, and what the ledger is told of it. Pure. */
import type { SessionCounts, SessionPlan } from './doorkeeper.ts'
import { leaseRowsMax, leaseRowsMin, leaseShare, overheadBytes } from './limits.ts'
import { ServerMeter } from './wire/server.ts'

/** A meter with the budget of a plan. `rowBytes`: the width of a row. */
export function meterOf(plan: SessionPlan, rowBytes: number): ServerMeter {
  return new ServerMeter({ rowsMax: plan.rowsMax, bytesMax: plan.bytesMax ?? plan.rowsMax * rowBytes + overheadBytes, rowBytes })
}

/** What to lease next: an eighth of what was used, within limits, at least what is needed, never beyond the budget. */
export function nextLease(meter: ServerMeter, neededRows: number, neededBytes: number): { rows: number; bytes: number } {
  const { rowsMax, bytesMax, rowBytes } = meter.budget
  const block = Math.min(leaseRowsMax, Math.max(leaseRowsMin, Math.floor(meter.charged / leaseShare)))
  const rows = neededRows > 0 ? Math.max(block, neededRows) : 0
  const bytes = Math.max(neededBytes, block * rowBytes + overheadBytes / leaseShare)
  return { rows: Math.min(rows, rowsMax - meter.leasedRows), bytes: Math.min(bytes, bytesMax - meter.leasedBytes) }
}

/** Counts as the ledger takes them. */
export function countsOf(meter: ServerMeter, statements: number, refused: number): SessionCounts {
  const { rows, written, charged, bytes, errors, leasedRows, leasedBytes } = meter
  return { statements, rows, ...(written === 0 ? {} : { written }), charged, bytes, errors, refused, leasedRows, leasedBytes }
}
