/** What a command prints when whoever reads it has gone, or the disk under it is full. */
import { tell } from './context.ts'

/** Whether all that was printed could be. */
export interface Output { isWhole(): boolean }

/**
 * Whoever reads what is printed may leave before its end (`| head`): the command is carried out all the same, and ends with its own exit code. What cannot
 * be written for another reason, such as a full disk, is told once on the error stream. Called once, before anything is printed.
 */
export function watchOutput(): Output {
  let whole = true
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') return
    if (whole) tell(`what this command prints cannot be written (${cause.code ?? 'unknown fault'}): what it did is done, and its answer is not whole; make room where it is written to, and ask again`)
    whole = false
    process.exitCode = 3
  })
  process.stderr.on('error', () => undefined) // there is nobody left to tell
  return { isWhole: () => whole }
}
