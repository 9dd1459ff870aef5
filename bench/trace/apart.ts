/** A part of the benchmark in a process of its own: what one part took of memory, and has not given back, is none of the next one's. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Measured } from '../result.ts'

/** Runs one part as `bailee bench trace --part` does, and resolves to what it measured. Throws when it ends without. */
export async function measuredApart(part: string, quick: boolean, log: (line: string) => void): Promise<readonly Measured[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'run.ts'), 'trace', '--part', part, '--json', ...(quick ? ['--quick'] : [])], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => { child.once('error', reject).once('close', resolve) })
  let last = ''
  const answers = createInterface(child.stdout).on('line', (line) => { last = line })
  // Its title is said already, and what held is said of all parts together.
  const told = createInterface(child.stderr).on('line', (line) => { if (/^ {2}[^✓✗]/.test(line)) log(line.trim()) })
  const code = await ended
  answers.close()
  told.close()
  if (last === '') throw new Error(`the part ${part} of the benchmark ended with ${code}, and measured nothing`)
  return (JSON.parse(last) as { readonly results: readonly Measured[] }).results
}
