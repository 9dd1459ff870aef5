import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase, rows, sql } from '#database'
import { applyEstate, readEstate } from '#estate'
import { checkLedger, destroyedKeys, destroyNow, exportBundle, holdKeys, releaseKeys, setRetention, settleKeys, retentionPolicy } from '#ledger'
import { allPeople } from '#people'
import { day } from '#kit/time'
import { openDirectory, verifyBundle } from '@bailee/verifier'
import { remember } from '../database/connection.ts'
import { smallEstate } from '../estate/testing.ts'
import { asOf, compareWithLedger, destroyDueKeys, tables } from './index.ts'
import { begun, keep, months, openKept, type Kept } from './testing.ts'

let kept: Kept
beforeEach(async () => { kept = await keep() })
afterEach(() => kept.close())

describe('access logs', () => {
  test('are readable six to twelve months, and evidence for ever; the state is what the keys that are left tell', async () => {
    await kept.green()
    expect(await destroyDueKeys(kept.bailee, months(12) - 1)).toEqual({ destroyed: [], back: [] })
    const { destroyed } = await destroyDueKeys(kept.bailee, months(12))
    expect(destroyed).toEqual(['payload/0/access/2017-1', `payload/${kept.slot}/access/2017-1`, `payload/${kept.slot}/statement/2017-1`])
    expect(await kept.sessions()).toEqual(['s2'])
    expect(await rows(kept.own.database, sql`select session from statement`)).toEqual([{ session: 's2' }])
    expect(await rows(kept.own.database, sql`select from access_token`)).toEqual([])
    expect(await rows(kept.own.database, sql`select person from commitment`)).toEqual([{ person: 'noa' }])
    expect(await rows(kept.own.database, sql`select from payload where key_id = any(${destroyed}::text[])`)).toEqual([])
    expect((await kept.ledger.read(kept.slot)).filter(({ type }) => type === 'key.destroyed')).toMatchObject([
      { parts: { evidence: { key: `payload/${kept.slot}/access/2017-1`, class: 'access', period: '2017-1', because: 'its time was over', parts: 3, backups_until: null } } }, { parts: { evidence: { class: 'statement' } } },
    ])
    await kept.green()
    expect((await compareWithLedger(kept.bailee)).without).toBe(1) // the end of a session that nobody knows any more
    expect(await destroyDueKeys(kept.bailee, months(12))).toEqual({ destroyed: [], back: [] })
    await expect(kept.session('s3', begun)).rejects.toMatchObject({ code: 'ledger/key-destroyed' })
    await kept.session('s4', months(13))
    await kept.green()
    expect(await asOf(kept.bailee, months(12), async ({ database }) => (await allPeople(database)).length)).toBe(2)
  })

  test('what was proved before is proved after', async () => {
    await destroyDueKeys(kept.bailee, months(60))
    const target = join(kept.directory, 'bundle')
    await exportBundle(kept.ledger, { slot: kept.slot, at: months(60), directory: target, receiptsFor: ['session.opened'], certificates: new Map() })
    expect(verifyBundle(openDirectory(target)).outcome).toBe('verified')
    expect(readdirSync(join(target, 'disclosed')).filter((name) => name.endsWith('.access'))).toEqual([])
  })

  test('are kept while they are held, and go when a person releases them', async () => {
    const hold = await holdKeys(kept.ledger, { slot: kept.slot, retention: 'access', because: 'a complaint about reads in spring', by: 'dana' }, months(11))
    expect((await destroyDueKeys(kept.bailee, months(12))).destroyed).toEqual(['payload/0/access/2017-1', `payload/${kept.slot}/statement/2017-1`])
    expect(await kept.sessions()).toEqual(['s1', 's2'])
    await releaseKeys(kept.ledger, { hold, by: 'dana' }, months(13))
    await expect(releaseKeys(kept.ledger, { hold, by: 'dana' }, months(13))).rejects.toThrow('no hold')
    expect((await destroyDueKeys(kept.bailee, months(13))).destroyed).toEqual([`payload/${kept.slot}/access/2017-1`])
    await kept.green()
  })

  test('follow the policy that was recorded, which the law bounds', async () => {
    const policy = await retentionPolicy(kept.own.database)
    await expect(setRetention(kept.ledger, { ...policy, classes: { ...policy.classes, access: { months: 3, after: 'period' } } }, begun)).rejects.toThrow('6 to 36 months')
    const twoYears = { classes: { ...policy.classes, access: { months: 24, after: 'period' } as const }, backupDays: 30 }
    await expect(setRetention(kept.ledger, twoYears, begun)).rejects.toThrow('--because')
    await setRetention(kept.ledger, twoYears, begun, 'orders are disputed for two years; risk register, line 4')
    expect((await destroyDueKeys(kept.bailee, months(12))).destroyed).toEqual([`payload/${kept.slot}/statement/2017-1`])
    expect((await kept.ledger.read(kept.slot)).at(-1)?.parts.evidence).toMatchObject({ backups_until: months(12) + 30 * day })
    await kept.green()
  })
})

test('names and what was agreed go some years after the last contract, not before it ended', async () => {
  expect((await destroyDueKeys(kept.bailee, months(240))).destroyed.filter((id) => /people|instruction/.test(id))).toEqual([])
  await kept.ledger.append({ slot: kept.slot, type: 'contract.ended', at: months(24), parts: { evidence: { contract: 'acme-1', because: 'its end' } } })
  expect((await destroyDueKeys(kept.bailee, months(84) - 1)).destroyed).toEqual([])
  expect((await destroyDueKeys(kept.bailee, months(84))).destroyed).toEqual([`payload/${kept.slot}/instruction/2017`, `payload/${kept.slot}/people/2017`])
  expect(await rows(kept.own.database, sql`select from signatory where controller = 'acme'`)).toEqual([])
  expect(await rows(kept.own.database, sql`select from instruction where controller = 'acme'`)).toEqual([])
  await kept.green()
})

test('staff are destroyed by a person only: who is still here is declared anew, and their commitments stand', async () => {
  await destroyNow(kept.ledger, tables(), { id: 'payload/0/people/2017', because: 'they left long ago', by: 'dana', at: months(40) })
  expect(await allPeople(kept.own.database)).toEqual([])
  await kept.green()
  await applyEstate(kept.ledger, readEstate(smallEstate, 'bailee.yaml'), { checked: [], unchecked: [] }, months(41))
  expect((await allPeople(kept.own.database)).length).toBe(2)
  expect(await rows(kept.own.database, sql`select person from commitment`)).toEqual([{ person: 'noa' }])
  await kept.green()
})

test.each([
  ['one that is unknown', () => 'payload/1/access/1999-1', 'there is no key'],
  ['one that seals evidence', () => `payload/${kept.slot}/evidence/2017`, 'never destroyed'],
  ['one whose period goes on', () => `payload/${kept.slot}/people/2017`, 'goes on'],
])('%s is not destroyed', async (_, id, because) => {
  await expect(destroyNow(kept.ledger, tables(), { id: id(), because: 'asked', by: 'dana', at: begun })).rejects.toThrow(because)
  expect(await destroyedKeys(kept.own.database)).toEqual([])
})

describe('a key that is here again', () => {
  test('is destroyed again when the ledger opens, and that is recorded', async () => {
    const id = `payload/${kept.slot}/access/2017-1`
    const file = join(kept.directory, 'keys', `${id}.key`)
    const copy = readFileSync(file)
    await destroyDueKeys(kept.bailee, months(12))
    rmSync(`${file}.destroyed`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, copy, { mode: 0o600 })
    expect((await checkLedger({ database: kept.own.database, keys: kept.keys })).problems).toEqual([`key ${id} was destroyed, and is in the key store again`])
    await kept.reopen()
    expect(await settleKeys(kept.ledger, tables(), months(13))).toEqual([id])
    expect(existsSync(file)).toBe(false)
    expect(await destroyedKeys(kept.own.database)).toContainEqual(expect.objectContaining({ id, times: 2 }))
    expect((await kept.ledger.read(kept.slot)).map(({ type }) => type).filter((type) => type === 'key.destroyed_again')).toHaveLength(1)
    expect(await settleKeys(kept.ledger, tables(), months(13))).toEqual([])
    await kept.green()
  })

  test('and one that another word destroyed is recorded, so that it is known too', async () => {
    const { id } = kept.keys.segmentKey(kept.slot, 'fingerprints')
    kept.keys.destroy(id)
    expect(await settleKeys(kept.ledger, tables(), months(13))).toEqual([])
    expect((await kept.ledger.read(kept.slot)).at(-1)).toMatchObject({ type: 'key.destroyed', parts: { evidence: { key: id } } })
    rmSync(join(kept.directory, 'keys', `${id}.key.destroyed`))
    kept.keys.segmentKey(kept.slot, 'fingerprints')
    expect(await settleKeys(kept.ledger, tables(), months(13))).toEqual([id])
    await kept.green()
  })
})

test('a ledger restored from before it was recorded learns again what was destroyed', async () => {
  const id = `payload/${kept.slot}/access/2017-1`
  kept.keys.destroy(id)
  rmSync(join(kept.directory, 'keys', 'destroying'), { recursive: true })
  expect((await destroyDueKeys(kept.bailee, begun)).destroyed).toEqual([id])
  expect(await kept.sessions()).toEqual(['s2'])
  await kept.green()
})

describe('killed while keys are destroyed', () => {
  const due = (): string[] => ['payload/0/access/2017-1', `payload/${kept.slot}/access/2017-1`, `payload/${kept.slot}/statement/2017-1`]

  test.each([
    ['when the first is shut', 'ledger/key-shut'],
    ['before it is recorded', 'ledger/before-commit'],
    ['when it was recorded, and nobody was told', 'ledger/after-commit'],
    ['when the first file is gone', 'ledger/key-unlinked'],
  ])('%s: opened again, they are destroyed, and recorded once', async (_, failpoint) => {
    const program = spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), kept.own.url, kept.directory, String(months(12))], { encoding: 'utf8', env: { ...process.env, BAILEE_FAILPOINT: failpoint } })
    expect(program.signal, program.stderr).toBe('SIGKILL')
    await kept.reopen()
    await settleKeys(kept.ledger, tables(), months(12))
    await destroyDueKeys(kept.bailee, months(12))
    for (const id of due()) {
      expect(kept.keys.find(id)).toBeUndefined()
      expect(existsSync(join(kept.directory, 'keys', `${id}.key`))).toBe(false)
    }
    expect(kept.keys.destroying()).toEqual([])
    expect(await rows(kept.own.database, sql`select from payload where key_id = any(${due()}::text[])`)).toEqual([])
    expect((await destroyedKeys(kept.own.database)).map(({ id, times }) => [id, times])).toEqual(due().map((id) => [id, 1]))
    expect(await kept.sessions()).toEqual(['s2'])
    await kept.green()
  })

  test('a backup of the control database that was made in between, restored beside keys that are gone: what they sealed is deleted all the same', async () => {
    const program = spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), kept.own.url, kept.directory, String(months(12))], { encoding: 'utf8', env: { ...process.env, BAILEE_FAILPOINT: 'ledger/after-commit' } })
    expect(program.signal, program.stderr).toBe('SIGKILL')
    const left = (): Promise<unknown[]> => rows(kept.own.database, sql`select from payload where key_id = any(${due()}::text[])`)
    expect(await left()).not.toEqual([])
    for (const id of due()) kept.keys.settle(id) // the key store is that of later
    const toldLeft = async (): Promise<unknown> => (await checkLedger({ database: kept.own.database, keys: kept.keys })).leftParts.map(({ key, pending }) => [key, pending])
    expect(await toldLeft()).toEqual(due().map((id) => [id, true]))
    await rows(kept.own.database, sql`delete from key_emptying`)
    expect(await toldLeft(), 'nobody would delete them').toEqual(due().map((id) => [id, false]))
    for (const id of due()) await rows(kept.own.database, sql`insert into key_emptying values (${id})`) // as is said there
    await kept.reopen()
    expect(await settleKeys(kept.ledger, tables(), months(12))).toEqual([])
    expect(await left()).toEqual([])
    expect([await rows(kept.own.database, sql`select from key_emptying`), await toldLeft()]).toEqual([[], []])
    await kept.green()
  })

  test('opened by another process that wanted the same and failed, a key is shut again before what it sealed is deleted', async () => {
    const [, id = ''] = due()
    const { ledger } = kept
    const alone: typeof ledger.alone = async (work) => {
      const recorded = await ledger.alone(work)
      kept.keys.reopen(id)
      return recorded
    }
    const open: boolean[] = []
    const database = remember(openDatabase(kept.own.url), (_, __, run) => {
      open.push(!kept.keys.wasDestroyed(id))
      return run()
    })
    try {
      await destroyNow({ ...ledger, alone, database }, tables(), { id, because: 'asked', by: 'dana', at: months(12) })
    } finally {
      await database.destroy()
    }
    expect(open.slice(open.lastIndexOf(true) + 1).length).toBeGreaterThan(3) // logs are looked through, and the note is taken away
    expect(kept.keys.destroying()).toEqual([])
    expect(await rows(kept.own.database, sql`select from payload where key_id = ${id}`)).toEqual([])
    await kept.green()
  })

  test('whoever wanted the same and failed late leaves shut what another process recorded meanwhile', async () => {
    const [, id = ''] = due()
    const { ledger } = kept
    const other = await openKept(kept.own.database, kept.directory)
    const wanted = { id, because: 'asked', by: 'dana', at: months(12) }
    const recorded = Promise.withResolvers<undefined>()
    const failing = destroyNow({ ...ledger, alone: async () => { await recorded.promise; throw new Error('the connection was lost') } }, tables(), wanted).then(() => 'destroyed', (cause: unknown) => (cause as Error).message)
    let shut: boolean | undefined
    const alone: typeof ledger.alone = async (work) => {
      const entries = await other.ledger.alone(work)
      recorded.resolve(undefined)
      expect(await failing).toBe('the connection was lost')
      shut = kept.keys.wasDestroyed(id)
      return entries
    }
    await destroyNow({ ...other.ledger, alone }, tables(), wanted)
    expect([shut, kept.keys.find(id)]).toEqual([true, undefined])
    await kept.green()
  })

  test('a fold that fails: nothing happened, and the keys are as they were', async () => {
    const broken = { ...tables(), migrations: ['select 1 / 0'] }
    await expect(destroyNow(kept.ledger, broken, { id: `payload/${kept.slot}/access/2017-1`, because: 'asked', by: 'dana', at: months(12) })).rejects.toThrow('22012')
    expect(kept.keys.destroying()).toEqual([])
    expect(kept.keys.find(`payload/${kept.slot}/access/2017-1`)).toHaveLength(32)
    expect(await kept.sessions()).toEqual(['s1', 's2'])
    await kept.green()
  })

  test('entries made ready with a key while another process destroys it are not written with it', async () => {
    const other = await openKept(kept.own.database, kept.directory)
    const late = (text: string): Promise<unknown> => other.ledger.append({ slot: kept.slot, type: 'decision.refused', at: begun, parts: { access: { text } } })
    await late('before') // its heads are known from here on
    const writing = Promise.allSettled(Array.from({ length: 300 }, (_, index) => late(String(index))))
    await destroyNow(kept.ledger, tables(), { id: `payload/${kept.slot}/access/2017-1`, because: 'asked', by: 'dana', at: months(12) })
    const refused = (await writing).filter(({ status }) => status === 'rejected')
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'ledger/key-destroyed' } })
    const entries = await kept.ledger.read(kept.slot)
    const destroyedAt = entries.findIndex(({ type }) => type === 'key.destroyed')
    expect(entries.slice(destroyedAt).filter(({ type }) => type === 'decision.refused')).toEqual([])
    expect(await rows(kept.own.database, sql`select from payload where key_id = ${`payload/${kept.slot}/access/2017-1`}`)).toEqual([])
    await kept.green()
  })
})
