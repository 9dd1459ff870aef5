import type { Command } from 'commander'
import { destroyDueKeys, keysOf, tables, type Bailee } from '#composition'
import { allControllers, findController } from '#contract'
import { destroyNow, formatKeep, holdKeys, keyHolds, parseKeep, releaseKeys, retentionPolicy, setRetention, type Keep, type ListedKey, type RetentionPolicy } from '#ledger'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { addCustody } from './custody.ts'
import { addRotation, mustBeHere } from './rotation.ts'

const classes = ['access', 'statement', 'instruction', 'people'] as const
type Class = (typeof classes)[number]

interface RetentionOptions extends CommonOptions { readonly access?: string; readonly statement?: string; readonly instruction?: string; readonly people?: string; readonly backupDays?: string; readonly because?: string }
interface HoldOptions extends CommonOptions { readonly controller: string; readonly class?: string; readonly because: string; readonly as: string }
interface DestroyOptions extends CommonOptions { readonly due?: boolean; readonly because?: string; readonly as?: string }

/** `bailee key ...`. */
export function addKey(program: Command): void {
  const key = program.command('key').description('keys: what opens them, how long what they seal is readable, their end')
  addList(key)
  addRetention(key)
  addHolds(key)
  addDestroy(key)
  addCustody(key)
  addRotation(key)
}

function addList(key: Command): void {
  common(key.command('list').description('every key that seals parts of entries: when it is due, who holds it, whether it was destroyed')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee) => {
      const [keys, holds, named] = [await keysOf(bailee), (await keyHolds(bailee.database)).filter(({ releasedAt }) => releasedAt === null), await namesOf(bailee)]
      say(options, { ok: true, keys, holds }, () => [
        ...keys.map((one) => `  ${one.id}  ${named(one.slot)}  ${stateOf(one)}`),
        ...holds.map(({ id, slot, retention, because, by, at }) => `  ${id} keeps ${retention ?? 'all'} of ${named(slot)} since ${formatDay(at)}, by ${by}: ${because}`),
      ])
    })
  })
}

function stateOf({ slot, retention, destroyed, dueAt, heldBy }: ListedKey): string {
  if (destroyed !== undefined) return `destroyed ${formatDay(destroyed.at)}: ${destroyed.because}${destroyed.times > 1 ? `; was back ${destroyed.times === 2 ? 'once' : `${destroyed.times - 1} times`}` : ''}`
  if (heldBy.length > 0) return `held by ${heldBy.join(', ')}`
  if (retention === 'evidence') return 'kept for ever'
  if (dueAt !== undefined) return `due ${formatDay(dueAt)}`
  return slot === 0 ? 'kept until a person destroys it' : 'no day before its last contract ends'
}

/** Whose a log is, as people say it. */
async function namesOf({ database }: Bailee): Promise<(slot: number) => string> {
  const names = new Map((await allControllers(database)).map(({ slot, id }) => [slot, id]))
  return (slot) => (slot === 0 ? 'common' : (names.get(slot) ?? `slot ${slot}`))
}

function addRetention(key: Command): void {
  const retention = common(key.command('retention').description('show how long each class is kept, or record another time'))
  for (const name of classes) retention.option(`--${name} <time>`, `"6 months after the period" (or contract), or always`)
  retention.option('--backup-days <days>', 'how long a backup of the key store lives').option('--because <text>', 'why logs of access are kept for more than a year: the risk, and where it is documented')
  retention.action(async (options: RetentionOptions) => {
    await withBailee(options, async ({ ledger, database }, at) => {
      const before = await retentionPolicy(database)
      const given = classes.filter((name) => options[name] !== undefined)
      const policy: RetentionPolicy = { classes: { ...before.classes, ...Object.fromEntries(given.map((name) => [name, keepOf(name, options[name] ?? '')])) }, backupDays: options.backupDays === undefined ? before.backupDays : daysOf(options.backupDays) }
      const changed = given.length > 0 || options.backupDays !== undefined
      if (changed) await setRetention(ledger, policy, at, options.because)
      say(options, { ok: true, recorded: changed, retention: { ...Object.fromEntries(classes.map((name) => [name, formatKeep(policy.classes[name])])), evidence: 'always', backup_days: policy.backupDays } }, () => [
        ...classes.map((name) => `  ${name}: ${formatKeep(policy.classes[name])}`), '  evidence: always',
        policy.backupDays === null ? '  backups of the key store: nobody said how long they live (--backup-days); entries of destroyed keys say so' : `  backups of the key store: gone after ${policy.backupDays} days`,
      ])
    })
  })
}

function keepOf(name: Class, text: string): Keep {
  const keep = parseKeep(text)
  if (keep === undefined) throw new Misuse(`--${name} takes "always", or a time such as "6 months after the period" or "60 months after the contract", not ${JSON.stringify(text)}`)
  return keep
}

function daysOf(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new Misuse(`--backup-days takes a whole number of days, not ${JSON.stringify(text)}`)
  return Number(text)
}

function addHolds(key: Command): void {
  common(key.command('hold').description('keep a controller\'s keys beyond their day: a dispute, an inspection'))
    .requiredOption('--controller <id>', 'whose keys').option('--class <class>', `one class only: ${classes.join(', ')}`)
    .requiredOption('--because <text>', 'why; it is recorded, so name no subject').requiredOption('--as <person>', 'who does this')
    .action(async (options: HoldOptions) => {
      const retention = classes.find((name) => name === options.class)
      if (options.class !== undefined && retention === undefined) throw new Misuse(`--class takes one of ${classes.join(', ')}, not ${JSON.stringify(options.class)}`)
      await withBailee(options, async (bailee, at) => {
        const { slot } = await findController(bailee.ledger, options.controller)
        await mustBeHere(bailee, options.as)
        const hold = await holdKeys(bailee.ledger, { slot, because: options.because, by: options.as, ...(retention === undefined ? {} : { retention }) }, at)
        say(options, { ok: true, hold }, () => [`${hold}: no key of ${options.controller} is destroyed${retention === undefined ? '' : ` in class ${retention}`} until bailee key release ${hold}`])
      })
    })
  common(key.command('release <hold>').description('end a hold')).requiredOption('--as <person>', 'who does this').action(async (hold: string, options: CommonOptions & { as: string }) => {
    await withBailee(options, async (bailee, at) => {
      await mustBeHere(bailee, options.as)
      await releaseKeys(bailee.ledger, { hold, by: options.as }, at)
      say(options, { ok: true, hold }, () => [`${hold} was released; what is due goes with the next bailee key destroy --due, or within a day under bailee serve`])
    })
  })
}

function addDestroy(key: Command): void {
  common(key.command('destroy [key]').description('destroy keys that are due, or one before its day; what it sealed can never be read again'))
    .option('--due', 'all that are due').option('--because <text>', 'why one goes before its day; it is recorded').option('--as <person>', 'who does this')
    .action(async (id: string | undefined, options: DestroyOptions) => {
      if ((id === undefined) !== (options.due === true)) throw new Misuse('name one key, or say --due')
      await withBailee(options, async (bailee, at) => {
        const destroyed = id === undefined ? (await destroyDueKeys(bailee, at)).destroyed : await destroyOne(bailee, { ...options, id, at })
        say(options, { ok: true, destroyed }, () => (destroyed.length === 0 ? ['no key is due'] : destroyed.map((one) => `  ${one} was destroyed; backups of the key store may still hold it`)))
      })
    })
}

async function destroyOne(bailee: Bailee, { id, because, as, at }: { readonly id: string; readonly because?: string; readonly as?: string; readonly at: number }): Promise<string[]> {
  if (because === undefined || as === undefined) throw new Misuse('a key that goes before its day needs --because TEXT and --as PERSON')
  await mustBeHere(bailee, as)
  await destroyNow(bailee.ledger, tables(), { id, because, by: as, at })
  return [id]
}
