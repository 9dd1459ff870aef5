import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { isFound, recall, type RecallSizes } from '../recall.bench.ts'

/** Hides and sweeps at a size, in a folder that is gone afterwards. */
export async function played(sizes: RecallSizes): ReturnType<typeof recall> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-recall-'))
  try {
    return await recall(sizes, directory, () => undefined)
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** Every copy is found whole, nothing else is found, and nothing was left unread. */
export function expectAllFound(result: Awaited<ReturnType<typeof recall>>): void {
  const tried = result.hidden.filter((copy) => copy.skipped === undefined)
  expect(tried.filter((copy) => !isFound(copy)).map((copy) => [copy.name, copy.count, copy.people, copy.rows])).toEqual([])
  expect(result.falseFindings).toEqual([])
  expect(result.notRead).toEqual([])
}
