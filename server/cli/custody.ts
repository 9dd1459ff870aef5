import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { givenOpener, keysIn, mustBeElsewhere, unlock } from '#composition'
import { combineShares, isLocked, lockWith, readOpener, sealAll, splitMaster, type MasterKey } from '#ledger'
import { Misuse } from '#kit/errors'
import { directoryOf, say, tell, type CommonOptions } from './context.ts'
import { askNewPassphrase, askPassphrase } from './passphrase.ts'
import { wholeNumber } from './sessions.ts'

interface CustodyOptions extends CommonOptions { readonly keyFile?: string }

const sharesMax = 16

/** `bailee key encrypt`, `shares` and `recover`: they need the key store and nothing else. */
export function addCustody(key: Command): void {
  const plain = (command: Command): Command => command.option('--dir <directory>', 'where this processor\'s state is (default .bailee)').option('--json', 'answer in JSON')
  const locking = (command: Command): Command => plain(command).option('--key-file <file>', 'opens them from now on; made when missing (default: a passphrase)')
  locking(key.command('encrypt').description('encrypt the keys at rest, or with another secret than before')).action(async (options: CustodyOptions) => {
    const keys = keysOf(options)
    const before = await unlock(keys, { environment: process.env, ask: askPassphrase })
    if (isLocked(keys) && before === undefined) throw new Misuse('the keys are encrypted already, and nothing opens them here: run this on a terminal, or name the key file in BAILEE_KEY_FILE')
    const master = lockWith(keys, await newOpener(options, before !== undefined), before === undefined ? {} : { master: before })
    const sealed = sealAll(keys, master)
    say(options, { ok: true, encrypted: sealed, changed: before !== undefined }, () => [
      before === undefined ? `${sealed} keys were encrypted; new ones are` : `the secret was changed${sealed === 0 ? '' : `, and ${sealed} keys that were in clear were encrypted`}`,
      ...(before === undefined ? ['  backups of the key store made before hold them in clear: destroy those', '  what runs now must be started again'] : []),
      '  without the secret nothing here can be read again: bailee key shares gives it to several people',
    ])
  })
  plain(key.command('shares').description('split what opens the keys among people, some of whom can recover it'))
    .requiredOption('--of <number>', 'how many shares').requiredOption('--need <number>', 'how many of them are enough')
    .action(async (options: CommonOptions & { of: string; need: string }) => {
      const [of, need] = [wholeNumber('--of', options.of, sharesMax), wholeNumber('--need', options.need, sharesMax)]
      const shares = await splitMaster(await mustUnlock(keysOf(options)), { of, need })
      if (options.json !== true) tell(`hand one line to each of ${of} people, on paper or in their own safe; any ${need} of them can open all keys. They are not kept here, and not shown again.`)
      say(options, { ok: true, shares }, () => shares)
    })
  locking(key.command('recover').description('open the keys with shares, when the secret is lost, and set another'))
    .requiredOption('--shares <file>', 'shares, one a line; - reads them from standard input')
    .action(async (options: CustodyOptions & { shares: string }) => {
      const keys = keysOf(options)
      const master = await combineShares(keys, readShares(options.shares).split('\n'))
      lockWith(keys, await newOpener(options, true), { master })
      sealAll(keys, master)
      say(options, { ok: true }, () => ['the keys open with the new secret; shares made before still work'])
    })
}

function keysOf(options: CommonOptions): string {
  const keys = keysIn(resolve(directoryOf(options)))
  if (!existsSync(keys)) throw new Misuse(`there are no keys in ${keys} yet; bailee apply -f bailee.yaml makes them, encrypted where BAILEE_KEY_FILE names a file`)
  return keys
}

async function mustUnlock(keys: string): Promise<MasterKey> {
  if (!isLocked(keys)) throw new Misuse('the keys are not encrypted, so there is nothing to split; bailee key encrypt comes first')
  const master = await unlock(keys, { environment: process.env, ask: askPassphrase })
  if (master === undefined) throw new Misuse('nothing opens the keys here: run this on a terminal, or name the key file in BAILEE_KEY_FILE')
  return master
}

function readShares(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); it holds shares, one a line`)
  }
}

/** `another`: what is given in the environment opens them already, so that it cannot be what is asked for. */
async function newOpener(options: CustodyOptions, another: boolean): Promise<Uint8Array> {
  if (options.keyFile !== undefined) return keyFile(resolve(options.keyFile), resolve(directoryOf(options)))
  return (another ? undefined : givenOpener(process.env)) ?? askNewPassphrase()
}

function keyFile(file: string, directory: string): Uint8Array {
  mustBeElsewhere(file, directory)
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  }
  return readOpener(join(file))
}
