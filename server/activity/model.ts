/** Models that were trained on a controller's data: files that are derived datasets, each under an instruction, erased whole. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, realpath } from 'node:fs/promises'
import { basename, relative, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { allDerived, allStores, derivedDraft, derivedId, folderOf, leadOf, printPart, type Store } from '#inventory'
import type { Json } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { decided, planActivity, refusalOf, whoseOf } from './plan.ts'
import { allActivities } from './store.ts'
import type { Activity, ActivityContext, ActivityRequest, Made } from './types.ts'

export interface ModelRequest extends Omit<ActivityRequest, 'name' | 'text' | 'store'> {
  /** In the folder of a declared store of files. */
  readonly file: string
}

/**
 * Registers a file that was made from what an instruction lets be derived. Its weights are not searched: nobody can tell whom they hold, and so the whole file is on the plan of every erasure of its controller. Registered again
 * after it was trained again, it is another activity, and the same dataset. Throws `Misuse` for a file that lies in no declared store, `Refused` when it is not covered.
 */
export async function registerModel(context: ActivityContext, { file, ...request }: ModelRequest, at: Instant): Promise<Activity> {
  const { ledger } = context
  const { store, place, path, bytes } = await placeOf(context, file)
  const planned = await planActivity(context, { ...request, name: basename(path), store: store.id }, at, true)
  const { instruction, act } = planned
  const because = refusalOf(planned)
  const id = `A-${randomBytes(5).toString('hex')}`
  const sha256 = await hashOf(path)
  const evidence = { id, kind: 'model', ...whoseOf(planned, { person: request.person, name: basename(path) }), sha256, schedule: null, dueAt: null }
  if (because !== undefined) {
    await ledger.append([decided(planned, at), { slot: instruction.slot, type: 'activity.refused', at, parts: { evidence: { ...evidence, because } } }])
    throw new Refused('activity/not-covered', `nothing was registered: ${because}; it may not be kept, nor what it was trained on: ask the controller for an instruction that covers it, or remove it`)
  }
  const known = (await allDerived(ledger.database)).find((one) => one.store === store.id && one.place === place && one.droppedAt === null)
  if (known !== undefined && known.controller !== instruction.controller) throw new Refused('activity/of-another', `${place} is registered as made from data of another controller: one model of both could not be erased for one of them alone`)
  const made: Made = { session: null, derived: derivedId({ store: store.id, place }), place, columns: [], rows: null, bytes, lineage: null }
  const { slot, controller, contract } = instruction
  await ledger.append([
    decided(planned, at), { slot, type: 'activity.registered', at, parts: { evidence: { ...evidence, made: made as unknown as Json } } },
    derivedDraft({ slot, controller, contract, instruction: instruction.id, store: store.id, place, columns: [], from: Object.keys(act.data), person: request.person, session: null, by: 'activity', lead: await leadOf(store, context.references) }, at),
  ])
  return (await allActivities(ledger.database)).find((one) => one.id === id)!
}

/** Where a file lies among the stores: by its real path, so that a link leads to what would be erased. */
async function placeOf({ ledger, references }: ActivityContext, file: string): Promise<{ store: Store; place: string; path: string; bytes: number }> {
  const path = await realpath(file).catch(() => undefined)
  const found = path === undefined ? undefined : await lstat(path)
  if (path === undefined || found?.isFile() !== true) throw new Misuse(`${file} is not there, or no file; a model of several files is an archive of them`)
  if (found.nlink > 1) throw new Misuse(`${file} has another name somewhere (a hard link), under which it would stay when it is erased; give it one name`)
  for (const store of await allStores(ledger.database)) {
    const folder = store.kind === 'files' ? folderOf(store, references) : undefined
    const real = folder === undefined ? undefined : await realpath(folder).catch(() => resolve(folder))
    if (real !== undefined && path.startsWith(`${real}${sep}`)) return { store, place: printPart(relative(real, path).split(sep).join('/'), ''), path, bytes: found.size }
  }
  throw new Misuse(`${file} lies in no store of files that is declared: declare its folder in bailee.yaml (kind: files), so that it can be swept and erased`)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
