/** Verifies a bundle, and says how much memory it took at the most. */
import { readFileSync } from 'node:fs'
import { openDirectory, verifyBundle } from '../../verifier/index.ts'

const verdict = verifyBundle(openDirectory(process.argv[2] ?? ''))
if (verdict.outcome !== 'verified') throw new Error(`refused: ${JSON.stringify(verdict)}`)
console.log(`peak_megabytes ${Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_000)}`)
