import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { VerifierKey } from '@bailee/verifier'
import { addressOfListen, logKey, openWitnessDirectory, readLogs, serveWitness, type WitnessDirectory } from '#ledger'
import { Misuse } from '#kit/errors'
import { machineClock } from '#kit/time'
import { say, tell, type CommonOptions } from './context.ts'
import { stopSignal, tlsOf, type TlsOptions } from './listening.ts'

interface WitnessOptions { readonly dir: string; readonly name?: string; readonly log: readonly string[]; readonly logs?: string; readonly json?: boolean }

const addOptions = (command: Command): Command => command
  .option('--dir <directory>', 'the witness\'s own key and memory; never restore it from a backup', '.bailee-witness')
  .option('--name <name>', 'needed the first time: what it is known by, such as witness.example')
  .option('--log <vkey>', 'the key of a log\'s root, which its processor gives you; may be repeated', (vkey: string, before: string[]) => [...before, vkey], [])
  .option('--logs <file>', 'the same, one a line').option('--json', 'answer in JSON')

/** `bailee witness ...`: cosigns other processors' logs. It needs no ledger of its own. */
export function addWitness(program: Command): void {
  const witness = program.command('witness').description('cosign other processors\' logs, so that none can show two histories')
  addOptions(witness.command('serve').description('answer POST /add-checkpoint (C2SP tlog-witness) until stopped'))
    .option('--listen <address>', 'host:port', '127.0.0.1:6480').option('--tls-key <file>', 'PEM').option('--tls-cert <file>', 'PEM')
    .action(async (options: WitnessOptions & TlsOptions & { listen: string }) => {
      const logs = logsOf(options)
      const [at, tls] = [addressOfListen(options.listen), tlsOf(options)]
      if (logs.length === 0) throw new Misuse('which logs? Name their keys with --log VKEY or --logs FILE; bailee ledger vkey prints that of a processor')
      const own = openWitnessDirectory(resolve(options.dir), options.name) // only now: what it is called cannot be changed
      const stop = stopSignal()
      const serving = await serveWitness({ at, ...tls, witness: own, logs, clock: machineClock, report: (problem) => tell(`${problem}`) })
      say(options, { ok: true, host: serving.host, port: serving.port, vkey: own.vkey }, () => [`The witness listens on ${serving.host} port ${serving.port} for ${logs.length} ${logs.length === 1 ? 'log' : 'logs'}. Its key:`, own.vkey])
      await stop
      await serving.close()
    })
  addOptions(witness.command('show').description('its key, and what it saw last of each log')).action((options: WitnessOptions) => {
    const own = openWitnessDirectory(resolve(options.dir), options.name)
    const named = logsOf(options).map((key) => key.name)
    const logs = [...new Set(named.length === 0 ? own.records.origins() : named)].map((origin) => stateOf(own, origin))
    say(options as CommonOptions, { ok: true, name: own.name, vkey: own.vkey, logs }, () => [own.vkey, ...(logs.length === 0 ? ['  it cosigned nothing yet'] : logs.flatMap(linesOf))])
  })
}

interface State { readonly origin: string; readonly size: number; readonly refused: number; readonly refused_in?: string; readonly unproven: number; readonly unproven_in?: string }

const stateOf = ({ records }: WitnessDirectory, origin: string): State => {
  const [refused, unproven] = [records.refused(origin, 'refused'), records.refused(origin, 'unproven')]
  return {
    origin, size: records.latest(origin)?.size ?? 0, refused, ...(refused === 0 ? {} : { refused_in: records.refusedIn(origin, 'refused') }),
    unproven, ...(unproven === 0 ? {} : { unproven_in: records.refusedIn(origin, 'unproven') }),
  }
}

const checkpoints = (count: number): string => (count === 1 ? '1 checkpoint was' : `${count} checkpoints were`)

const linesOf = ({ origin, size, refused, refused_in, unproven, unproven_in }: State): string[] => [
  `  ${origin}: ${size} ${size === 1 ? 'entry' : 'entries'}`,
  ...(refused === 0 ? [] : [`    ${checkpoints(refused)} refused and kept in ${refused_in}: with the one that was cosigned, they may prove a second history`]),
  ...(unproven === 0 ? [] : [`    ${checkpoints(unproven)} refused for want of a proof, and kept in ${unproven_in}: another history, or wrong proofs, which anybody can send`]),
]

function logsOf(options: WitnessOptions): VerifierKey[] {
  return [...options.log.map((vkey) => logKey(vkey, '--log')), ...(options.logs === undefined ? [] : readLogs(readSource(options.logs), options.logs))]
}

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); name the list of logs with --logs FILE`)
  }
}
