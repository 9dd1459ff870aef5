/**
 * Named points at which a test may end the process the hard way, as a power cut would: `BAILEE_FAILPOINT=<name>` kills it with
 * SIGKILL the first time that point is reached. Without the variable it is one comparison.
 */
const wanted = process.env['BAILEE_FAILPOINT']

export function failpoint(name: string): void {
  if (wanted !== undefined && wanted === name) process.kill(process.pid, 'SIGKILL')
}
