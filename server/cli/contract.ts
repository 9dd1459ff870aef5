import type { Command } from 'commander'
import { traceContext } from '#composition'
import { allContracts, allNotices, chooseEnd, choiceNow, choicesOf, findContract, matrixAt, nameReturnKey, recordTerm, releaseData, releasesOf, type EndChoice, type ReleaseMade } from '#contract'
import { endContract, exitsOf } from '#erasure'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { addChain } from './chain.ts'
import { common, linesOr, listing, say, withBailee, type CommonOptions } from './context.ts'
import { keyOfSignatory, signedHere } from './keys.ts'

/** `bailee contract ...`. */
export function addContract(program: Command, exit: (code: number) => void): void {
  const contract = program.command('contract').description('what binds the processor and its controllers, and the choice for its end')
  common(contract.command('end <contract>').description('end a contract and open its exit case')).option('--terminated', 'a party ended it before its agreed end')
    .action(async (id: string, options: CommonOptions & { terminated?: boolean }) => {
      await withBailee(options, async (bailee, at) => {
        const erasure = await endContract(traceContext(bailee), { contract: id, terminated: options.terminated === true }, at)
        const waits = (await exitsOf(bailee, at)).find((one) => one.erasure === erasure.id)?.waits ?? null
        say(options, { ok: true, contract: id, erasure: erasure.id, state: erasure.state, deadline: formatDay(erasure.deadline), waits }, () => [`${id} has ended. Exit case ${erasure.id} is ${erasure.state}; deadline ${formatDay(erasure.deadline)}.`, waits === null ? `  next: bailee erasure run ${erasure.id} --as ID` : `  waits: ${waits.because}`])
      })
    })
  addChoice(contract)
  addTerms(contract, exit)
  addChain(contract)
  listing(contract.command('list').description('contracts, and what was chosen for their end')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const known = await Promise.all((await allContracts(database)).map(async (one) => ({ ...one, choices: await choicesOf(database, one.id), released: await releasesOf(database, one.id) })))
      say(options, known, () => linesOr('No contract.', known.map((one) => {
        const now = choiceNow(one, one.choices)
        return `${one.id}  ${one.controller}  ${one.endedAt === undefined ? `live, until ${one.ends === undefined ? 'further notice' : formatDay(one.ends)}` : `ended ${formatDay(one.endedAt)} (${one.endedBecause})`}  at the end: ${now === undefined ? 'nobody chose' : `${now.choice} (by ${now.from === 'contract' ? 'the contract' : `signatory, choice ${one.choices.length}`})`}${one.released.map(({ how }) => `, ${how}`).join('')}`
      })))
    })
  })
  listing(contract.command('notices').description('what controllers are told: recorded in their logs, to be sent')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const notices = await allNotices(database)
      say(options, notices, () => (notices.length === 0 ? ['No notice.'] : notices.map((one) => `${formatDay(one.recordedAt)}  ${one.controller}  ${one.about}: ${one.says}`)))
    })
  })
}

function addTerms(contract: Command, exit: (code: number) => void): void {
  listing(contract.command('terms <contract>').description('what a contract must say (Art. 28(3), 28(9)), and in which clause; exit code 1 when a term is missing'))
    .option('--term <article>', 'record where this one stands, such as "28(3)(g)"').option('--clause <text>', 'with --term: the clause, or none when you looked and there is none').option('--as <person>', 'with --term: who read it')
    .action(async (id: string, options: CommonOptions & { term?: string; clause?: string; as?: string }) => {
      const { term, clause, as: by } = options
      const recording = term !== undefined && clause !== undefined && by !== undefined ? { contract: id, term, clause, by } : undefined
      if (recording === undefined && [term, clause, by].some((one) => one !== undefined)) throw new Misuse('to record a term give --term, --clause and --as together')
      await withBailee(options, async ({ ledger }, at) => {
        const matrix = recording === undefined ? await matrixAt(ledger, id) : await recordTerm(ledger, recording, at)
        if (recording === undefined && matrix.some(({ standing }) => standing !== 'stands')) exit(1)
        say(options, { contract: id, terms: matrix, missing: matrix.filter(({ standing }) => standing !== 'stands').map((one) => one.term) }, () => matrix.map((one) => `${one.standing === 'stands' ? ' ' : '!'} ${one.term.padEnd(20)} ${one.standing === 'stands' ? `clause ${one.clause ?? ''}` : one.standing === 'none' ? 'THE CONTRACT HAS NONE' : 'not told'}  ${one.asks}`))
      })
    })
}

type Signing = CommonOptions & { as: string; key?: string }

const signing = (command: Command): Command => common(command).requiredOption('--as <name>', 'the signatory').option('--key <file>', 'the signatory\'s private key (Ed25519, PEM); without it, one kept on this machine')

function addChoice(contract: Command): void {
  signing(contract.command('choose <contract> <choice>').description('a signatory chooses for the end: delete, return or send_on; changed before the end only')).option('--to <text>', 'with send_on: to whom the data go')
    .action(async (id: string, choice: string, options: Signing & { to?: string }) => {
      if (!['delete', 'return', 'send_on'].includes(choice)) throw new Misuse(`a choice is delete, return or send_on, not ${JSON.stringify(choice)}`)
      await withBailee(options, async (bailee, at) => {
        const { controller } = await findContract(bailee.ledger, id)
        const key = await keyOfSignatory(bailee, controller, options)
        const made = await chooseEnd(bailee.ledger, { contract: id, choice: choice as EndChoice, recipient: options.to ?? null, signatory: options.as, key }, at)
        say(options, { ok: true, contract: id, choices: made }, () => [`At the end of ${id}: ${choice}${options.to === undefined ? '' : ` to ${options.to}`}, chosen by ${options.as}.`, ...signedHere(made.at(-1)?.custody ?? 'this machine')])
      })
    })
  signing(contract.command('key <contract> <recipient>').description('a signatory names the public key (age1...) that returned data are encrypted to'))
    .action(async (id: string, recipient: string, options: Signing) => {
      await withBailee(options, async (bailee, at) => {
        const { controller } = await findContract(bailee.ledger, id)
        const named = await nameReturnKey(bailee.ledger, { contract: id, recipient, signatory: options.as, key: await keyOfSignatory(bailee, controller, options) }, at)
        say(options, { ok: true, contract: id, key: named }, () => [`What goes back at the end of ${id} is encrypted to ${named.recipient}, named by ${options.as}.`, ...signedHere(named.custody)])
      })
    })
  signing(contract.command('release <contract> <how>').description('a signatory says that the data were received, or that this and the time to fetch them are waived'))
    .action(async (id: string, how: string, options: Signing) => {
      if (how !== 'received' && how !== 'waived') throw new Misuse(`data are received or waived, not ${JSON.stringify(how)}`)
      await withBailee(options, async (bailee, at) => {
        const { controller } = await findContract(bailee.ledger, id)
        const key = await keyOfSignatory(bailee, controller, options)
        const released = await releaseData(bailee.ledger, { contract: id, how, signatory: options.as, key }, at)
        say(options, { ok: true, contract: id, released }, () => [`${id}: ${how}, said by ${options.as}.`, ...signedHere((released.find((one: ReleaseMade) => one.how === how))?.custody ?? 'this machine')])
      })
    })
}
