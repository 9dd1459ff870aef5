/** Whether a processor's Bailee stands as it should: its keys, its ledger, its witnesses, its disk. It looks; all that it changes is what any start does. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { schedulesAt, type ActivityContext } from '#activity'
import { isRecordingDue, recordEverySeconds, recordingStates } from '#breach'
import { rows, sql, type Database } from '#database'
import { isLocked, keyFiles, listKeys, openLedger, settleKeys, showWitnesses, unrecordedKeys, type Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import { day, formatDay, formatInstant, type Instant } from '#kit/time'
import { keysIn } from './custody.ts'
import { applies, endsOf, openStored, tables, type OpenOptions } from './stored.ts'

/** What one look came to. `note`: it may be so on purpose. `wrong`: somebody has to do something, which `next` says. */
export interface Finding {
  readonly check: 'keys' | 'encryption' | 'permissions' | 'place' | 'backups' | 'ledger' | 'destruction' | 'witnesses' | 'schedules' | 'breaches' | 'disk'
  readonly state: 'good' | 'note' | 'wrong'
  readonly says: string
  readonly next?: string
}

export interface DoctorOptions extends OpenOptions {
  /** Where backups of the control database are: looked through for keys. */
  readonly backups?: readonly string[]
}

const good = (check: Finding['check'], says: string): Finding => ({ check, state: 'good', says })
const wrong = (check: Finding['check'], says: string, next: string): Finding => ({ check, state: 'wrong', says, next })
const note = (check: Finding['check'], says: string, next: string): Finding => ({ check, state: 'note', says, next })
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown fault')

/** Looks at everything that can be looked at; what cannot be is a finding, never an error. */
export async function examine(options: DoctorOptions, at: Instant): Promise<Finding[]> {
  const directory = resolve(options.directory)
  const keys = keysIn(directory)
  const found: Finding[] = [...permissionsOf(keys, directory), ...encryptionOf(keys), ...openerPlace(options, directory), ...(options.backups ?? []).map((one) => backupOf(keys, resolve(one))), ...await diskOf([directory, keys])]
  try {
    const { control, keys: store, origin } = await openStored(options)
    try {
      found.push(...await placeOf(control.database, keys))
      const ledger = await openLedger({ database: control.database, keys: store, origin, clock: options.clock, applies }, at)
      found.push(await ledgerOf(ledger), ...await destructionOf(ledger, at), ...await witnessesOf(ledger.database, at), ...await schedulesOf(ledger, { environment: options.environment, directory }, at), ...await recordingsOf(ledger, at))
    } finally {
      await control.close()
    }
  } catch (cause) {
    if (cause instanceof Misuse && !existsSync(keys)) return found // nothing was begun here, which is said of the keys: there is nothing to restore
    found.push(wrong('ledger', messageOf(cause), 'nothing was written, and nothing will be before this is mended; docs/guide/keys.md, "Restoring", has the order of steps'))
  }
  return found
}

const others = 0o077

function permissionsOf(keys: string, directory: string): Finding[] {
  if (!existsSync(keys)) return [wrong('keys', `there are no keys in ${keys}`, 'run bailee apply -f bailee.yaml, or name the directory of this processor with --dir')]
  const own = process.getuid?.()
  const looked = [keys, join(directory, 'signatories')].filter((path) => existsSync(path)).flatMap((path) => [path, ...everythingIn(path)])
  const open = looked.filter((path) => (statSync(path).mode & others) !== 0)
  const foreign = looked.filter((path) => own !== undefined && own !== 0 && statSync(path).uid !== own)
  return [
    ...open.slice(0, shownMax).map((path) => wrong('permissions', `${path} may be used by others than its owner (mode ${(statSync(path).mode & 0o777).toString(8)})`, `chmod -R go= ${keys}`)),
    ...foreign.slice(0, shownMax).map((path) => wrong('permissions', `${path} belongs to another account than the one that runs Bailee`, `chown it, or run Bailee as its owner`)),
    ...(open.length + foreign.length === 0 ? [good('permissions', `${looked.length} files and directories of keys are their owner's alone`)] : []),
  ]
}

const shownMax = 5
const everythingIn = (path: string): string[] => readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)).filter((one) => !lstatSync(one).isSymbolicLink())

function encryptionOf(keys: string): Finding[] {
  const files = keyFiles(keys)
  if (files.length === 0) return []
  const clear = files.filter((name) => !isSealedFile(join(keys, name)))
  if (!isLocked(keys)) return [note('encryption', `the ${files.length} keys are not encrypted at rest: whoever reads their files, or a backup of them, reads what they seal`, 'bailee key encrypt')]
  if (clear.length > 0) return [wrong('encryption', `${clear.length} of ${files.length} keys are in clear, though the others are encrypted (${clear.slice(0, shownMax).join(', ')})`, 'bailee key encrypt goes on where it was; a file that was put there by somebody is not ours')]
  return [good('encryption', `${files.length} keys are encrypted at rest`)]
}

const isSealedFile = (file: string): boolean => readFileSync(file).subarray(0, 16).toString('latin1') === 'bailee-sealed/v1'

/** What opens the keys must not be copied together with them. */
function openerPlace({ environment }: DoctorOptions, directory: string): Finding[] {
  const file = environment['BAILEE_KEY_FILE']
  if (file === undefined || file === '' || !existsSync(file)) return []
  const real = realpathSync(file)
  return isWithin(real, existsSync(directory) ? realpathSync(directory) : directory) ? [wrong('place', `the key file ${real} is in ${directory}, beside what it opens: one copy has both`, 'move it to another disk or into a systemd credential')] : []
}

const isWithin = (path: string, directory: string): boolean => { const way = relative(directory, path); return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && resolve(way) !== way) }

interface DataPlaces { readonly data: string | null; readonly tablespaces: readonly string[]; readonly archive: string | null }

/** Where the control database writes. Names of directories are of that machine: they mean nothing here when it is another, and then the key store cannot be in them. */
async function placeOf(database: Database, keys: string): Promise<Finding[]> {
  const [places] = await rows<DataPlaces>(database, sql`
    select current_setting('data_directory', true) as data, current_setting('archive_command', true) as archive,
      array(select pg_tablespace_location(oid) from pg_tablespace where pg_tablespace_location(oid) <> '') as tablespaces`).catch(() => [])
  if (places === undefined || places.data === null) return [note('place', 'the control database does not tell this account where its data is, so that nobody saw whether the keys are beside them', `grant pg_read_all_settings to it, and see for yourself that ${keys} is in none of its directories`)]
  const real = realpathSync(keys)
  const inside = [places.data, ...places.tablespaces].map((path) => (existsSync(path) ? realpathSync(path) : path)).find((path) => isWithin(real, path) || isWithin(path, real))
  if (inside !== undefined) return [wrong('place', `the key store ${real} and the control database's directory ${inside} are one in the other: every copy of the database has the keys, and destroying one destroys nothing`, 'stop Bailee, move the keys, and put a link to them in their place; destroy the backups made so far')]
  return [good('place', 'the key store is outside all directories of the control database')]
}

const keyBytesMax = 4_096
const entriesMax = 1_000_000

/** Looks for our keys, by name and by content, under a directory of backups. What is in archives is not seen. */
function backupOf(keys: string, backups: string): Finding {
  if (!existsSync(backups)) return wrong('backups', `there is no directory ${backups}`, 'name the one where backups of the control database are')
  const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
  const ours = new Set(keyFiles(keys).map((name) => hashOf(join(keys, name))))
  let [looked, packed] = [0, 0]
  const found: string[] = []
  for (const name of readdirSync(backups, { recursive: true, encoding: 'utf8' })) {
    const path = join(backups, name)
    const stat = lstatSync(path)
    if (!stat.isFile() || (looked += 1) > entriesMax) continue
    if (/[.](tar|tgz|gz|zst|zip|xz|bz2)$/.test(name)) packed += 1
    const named = /(^|\/)(log|certificate|paper)(-\d+)?[.]pem$|(^|\/)(payload|segment|epoch|isolated|transfer|canaries|sweep|catalogue|names|gateway)\/.*[.]key$/.test(name.replaceAll('\\', '/'))
    if (named || (stat.size <= keyBytesMax && ours.has(hashOf(path)))) found.push(path)
  }
  if (isWithin(realpathSync(keys), realpathSync(backups))) return wrong('backups', `the key store itself is in ${backups}`, 'keep it elsewhere')
  if (found.length > 0) return wrong('backups', `${found.length} keys are among the backups in ${backups} (${found.slice(0, shownMax).join(', ')})`, 'back the key store up apart, to another place, for days and not for years; destroy these')
  return good('backups', `no key among ${looked} files in ${backups}${packed === 0 ? '' : `; ${packed} archives were not opened`}`)
}

const freeBytesMin = 1024 ** 3
const freeShareMin = 0.05

async function diskOf(paths: readonly string[]): Promise<Finding[]> {
  const found: Finding[] = []
  for (const path of paths.filter((one) => existsSync(one))) {
    const { bavail, blocks, bsize } = await statfs(path)
    const [free, share] = [bavail * bsize, bavail / Math.max(1, blocks)]
    const says = `${Math.floor(free / 1024 ** 2).toLocaleString('en-GB')} MiB are free for ${path}`
    found.push(free < freeBytesMin || share < freeShareMin ? wrong('disk', says, 'make room: a ledger that cannot write lets nothing through') : good('disk', says))
  }
  return found
}

async function ledgerOf(ledger: Ledger): Promise<Finding> {
  const [counted] = await rows<{ logs: number; entries: number; snapshots: number }>(ledger.database, sql`select (select count(*) from log) as logs, (select coalesce(sum(size), 0) from head) as entries, (select count(*) from snapshot) as snapshots`)
  const signed = ledger.keys.signedRoots.last()?.size ?? 0
  return good('ledger', `${counted?.entries ?? 0} entries in ${counted?.logs ?? 0} logs follow from their hashes, and ${counted?.snapshots ?? 0} snapshots continue the ${signed} that were signed; bailee ledger check derives the rest`)
}

/** Days that a key may be due before somebody has to look: bailee serve looks every day. */
const overdueDaysMax = 2

async function destructionOf(ledger: Ledger, at: Instant): Promise<Finding[]> {
  const found: Finding[] = (await settleKeys(ledger, tables(), at)).map((id) => wrong('destruction', `key ${id} was destroyed, and was in the key store again; it was destroyed again, and that was recorded`, 'destroy the backup it came from, and look who restored it'))
  const unrecorded = await unrecordedKeys(ledger)
  if (unrecorded.length > 0) found.push(wrong('destruction', `${unrecorded.length} ${unrecorded.length === 1 ? 'key was' : 'keys were'} destroyed and no entry says so: the ledger was restored from an older backup, or they went with an older Bailee`, 'bailee key destroy --due records them'))
  const overdue = (await listKeys(ledger, await endsOf(ledger.database))).filter(({ id, destroyed, heldBy, dueAt }) => destroyed === undefined && !unrecorded.includes(id) && heldBy.length === 0 && dueAt !== undefined && dueAt + overdueDaysMax * day < at)
  if (overdue.length > 0) found.push(wrong('destruction', `${overdue.length} ${overdue.length === 1 ? 'key' : 'keys'} should have been destroyed by now, the first on ${formatDay(Math.min(...overdue.map(({ dueAt }) => dueAt ?? 0)))}`, 'bailee key destroy --due; bailee serve does it every day'))
  return found.length > 0 ? found : [good('destruction', 'no key is overdue, and none that was destroyed is back')]
}

/** What is due again and again: whether somebody runs it, and whether it was made when it was last due. Nothing where nothing is scheduled. */
async function schedulesOf(ledger: Ledger, references: ActivityContext['references'], at: Instant): Promise<Finding[]> {
  const states = await schedulesAt({ ledger, references }, at)
  const alarmed = states.filter(({ alarms }) => alarms.length > 0)
  if (alarmed.length > 0) return alarmed.slice(0, shownMax).map(({ schedule, late, alarms }) => wrong('schedules', `${schedule.id}: ${alarms.join('; ')}`, late ? 'bailee worker or bailee serve runs what is due' : 'bailee activity due says what was not made'))
  return states.length === 0 ? [] : [good('schedules', `${states.length} ${states.length === 1 ? 'schedule is' : 'schedules are'} run when due`)]
}

/** Whether each dataset was counted and its values read lately: what is not recorded while it is there, nobody can say of a leak afterwards. */
async function recordingsOf(ledger: Ledger, at: Instant): Promise<Finding[]> {
  const [states, everySeconds] = [await recordingStates(ledger), await recordEverySeconds(ledger.database)]
  if (states.length === 0) return []
  if (everySeconds === undefined) return [note('breaches', 'processor.breach_record_days is 0: nobody counts people or reads values by itself, and a leak after an erasure may be neither counted nor attributed', 'bailee breach record, by hand')]
  const never = states.filter(({ countedAt, readAt }) => countedAt === null && readAt === null)
  const late = states.filter((one) => !never.includes(one) && isRecordingDue(one, everySeconds + overdueDaysMax * day, at))
  const since = ({ countedAt, readAt }: typeof states[number]): string => `${countedAt === null ? 'never counted' : `counted on ${formatDay(countedAt)}`}, ${readAt === null ? 'its values not all read' : `its values read on ${formatDay(readAt)}`}`
  return [
    ...late.slice(0, shownMax).map((one) => wrong('breaches', `${one.dataset} is due every ${everySeconds / day} days and is late: ${since(one)}${one.failed === null ? '' : `; tried in vain ${one.failed.failures} ${one.failed.failures === 1 ? 'time' : 'times'}, last on ${formatDay(one.failed.failedAt)}: ${one.failed.because}`}; a leak could be dated and counted no better than that`, 'bailee worker or bailee serve does it; bailee breach record does it now, and says why it cannot')),
    ...(late.length > shownMax ? [wrong('breaches', `${late.length - shownMax} more datasets are late`, 'bailee breach record')] : []),
    ...(never.length === 0 ? [] : [note('breaches', `${never.length} ${never.length === 1 ? 'dataset was' : 'datasets were'} never counted nor read: a leak of ${never.length === 1 ? 'it' : 'them'} could be neither attributed nor counted`, 'bailee worker or bailee serve begins by itself; bailee breach record does it now')]),
    ...(late.length + never.length === 0 ? [good('breaches', `${states.length} ${states.length === 1 ? 'dataset was' : 'datasets were'} counted and read in time`)] : []),
  ]
}

async function witnessesOf(database: Database, at: Instant): Promise<Finding[]> {
  const { witnesses } = await showWitnesses(database)
  if (witnesses.length === 0) return [note('witnesses', 'no witness is declared: whoever has the log key can sign another history', 'declare some under witnessing in bailee.yaml')]
  return witnesses.map(({ name, contact }) => {
    const last = contact?.cosignedAt ?? undefined
    if (contact?.because?.includes('ANOTHER HISTORY') === true) return wrong('witnesses', `${name} has seen another history: ${contact.because}`, 'write nothing; docs/guide/ledger.md says what it may be')
    if (last === undefined || last + day < at) return wrong('witnesses', `${name} ${last === undefined ? 'never cosigned' : `cosigned last at ${formatInstant(last)}`}${(contact?.because ?? null) === null ? '' : `: ${contact?.because}`}`, 'bailee ledger cosign asks now; bailee serve asks every minute')
    if (contact !== undefined && contact.failures > 0) return note('witnesses', `${name} cosigned at ${formatInstant(last)}, and failed ${contact.failures} ${contact.failures === 1 ? 'time' : 'times'} since: ${contact.because ?? 'it did not say why'}`, 'bailee ledger cosign asks now; after a day without a cosignature this is wrong')
    return good('witnesses', `${name} cosigned at ${formatInstant(last)}`)
  })
}
