import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { quickSizes } from '../recall.bench.ts'
import { expectAllFound, played } from './played.ts'

const deezer = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'deezer')
const withoutRealData = !existsSync(deezer)

// skipped: the real listeners are not beside the project
test.skipIf(withoutRealData)('the real listeners are found in the same disguises', { timeout: 300_000 }, async () => {
  expectAllFound(await played({ ...quickSizes, hidden: [100], data: deezer }))
})
