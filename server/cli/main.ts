import { Command, CommanderError, Help } from 'commander'
import { withoutValues } from '#database'
import { Broken, Misuse, Refused } from '#kit/errors'
import { Stopped } from '#kit/worker'
import { addActivity } from './activity.ts'
import { addApply } from './apply.ts'
import { addBreach } from './breach.ts'
import { addCase } from './case.ts'
import { addContract } from './contract.ts'
import { addDataset } from './dataset.ts'
import { addDecision } from './decision.ts'
import { addDoctor } from './doctor.ts'
import { addErasure } from './erasure.ts'
import { addGateway } from './gateway.ts'
import { addInstruction } from './instruction.ts'
import { addKey } from './key.ts'
import { addLedger } from './ledger.ts'
import { addPeople } from './people.ts'
import { addRegister } from './register.ts'
import { addServe } from './serve.ts'
import { addTrace } from './trace.ts'
import { addTransfer } from './transfer.ts'
import { addWitness } from './witness.ts'
import { addWorker } from './worker.ts'
import { tellLines } from './context.ts'

/** Every command. `code` collects the exit code of commands that answer with a real "no". */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command('bailee')
    .usage('[command]    Exit codes: 0 done, 1 a real "no", 2 misuse, 3 broken.\nHolds other people\'s data the way the law says a processor must. Example: bailee case.')
    .description('holds other people\'s data the way the law says a processor must')
    .configureHelp({ visibleOptions: (command) => (command.parent === null ? [] : new Help().visibleOptions(command)), commandDescription: (command) => (command.parent === null ? '' : new Help().commandDescription(command)) }) // only --help, which was just asked for, and a line of its own: the commands need the room
  addCase(program, exit)
  addApply(program)
  addDataset(program)
  addInstruction(program)
  addPeople(program, exit)
  addDecision(program, exit)
  addServe(program)
  addGateway(program, exit)
  addTrace(program, exit)
  addTransfer(program, exit)
  addActivity(program, exit)
  addContract(program, exit)
  addErasure(program, exit)
  addRegister(program, exit)
  addBreach(program, exit)
  addWorker(program, exit)
  addLedger(program, exit)
  addKey(program)
  addWitness(program)
  addDoctor(program, exit)
  overrideExits(program)
  return program
}

/** Runs one command line. Resolves to the exit code: 0 done, 1 a real "no", 2 misuse, 3 broken. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0
  const program = buildProgram((wanted) => { code = wanted })
  try {
    if (argv.length === 0) program.help()
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (cause) {
    return explain(cause, argv.includes('--json'))
  }
}

function overrideExits(command: Command): void {
  command.helpCommand(false).exitOverride().showHelpAfterError('(add --help for what it takes)')
  command.commands.forEach(overrideExits)
}

function explain(thrown: unknown, json: boolean): number {
  const cause = withoutValues(thrown)
  if (cause instanceof CommanderError) {
    if (cause.exitCode === 0) return 0
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, code: 'misuse', problems: [cause.message.replace(/^error: /, '')] })}\n`) // what is wrong is said for people already
    return 2
  }
  const [code, kind] = cause instanceof Stopped ? [1, 'stopped'] : cause instanceof Refused ? [1, cause.code] : cause instanceof Misuse ? [2, 'misuse'] : [3, cause instanceof Broken ? cause.code : 'broken']
  const message = cause instanceof Error ? cause.message : String(cause)
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, code: kind, problems: cause instanceof Misuse ? cause.problems : [message] })}\n`)
  tellLines(message)
  if (code === 3 && process.env['BAILEE_TRACE'] === '1' && cause instanceof Error) tellLines(`${cause.stack}\n${String(withoutValues(cause.cause) ?? '')}`)
  return code
}
