import { documentLimits, objectAt, parsePart, spool, type BucketAccess, type BucketObject, type Spooled } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased } from './erased.ts'
import type { Searched } from './located.ts'
import { rewriteMixed, type Draft } from './rewrite/index.ts'
import { eraseWhole } from './whole.ts'

export interface ObjectToErase extends Searched {
  /** Of an account that may delete; in words what is not set. */
  readonly access: BucketAccess | string
  /** `bucket/key`, or a part of it. */
  readonly place: string
  /** As `OpenOptions` has it. */
  readonly scratch?: string | undefined
}

/**
 * Removes an object that holds the controller's records, with every version of it that its bucket keeps. One in which others' rows stand as well is written anew without the controller's, where its
 * kind and its service allow (`rewriteMixed`); any other is blocked and left where it is, as `eraseWhole` says. Resolves to undefined when it is not there any more. Throws `Broken` for what may pass.
 */
export async function removeObject({ access, place, scratch, ...searched }: ObjectToErase, begin: Begin): Promise<Erased | undefined> {
  if (typeof access === 'string') throw new Broken('erasure/no-access', `a bucket to be erased from cannot be opened: ${access}; set what is missing, and run the erasure again`)
  for (const one of new Set([place, parsePart(place).path])) {
    const object = await objectAt(access, one, { scratch })
    if (object === undefined) continue
    if (object.remains !== undefined) return remaining(object.remains)
    const rewrite = (counted: Counted, start: Begin): Promise<Erased | undefined> => rewritten(object, { ...searched, scratch }, { counted, begin: start })
    return unlessHeld(() => eraseWhole({ ...searched, parts: (options) => object.parts(options), remove: () => object.remove(), rewrite }, begin))
  }
  return undefined
}

/** What a service holds it holds for its own time: no fault that passes. */
async function unlessHeld(erase: () => Promise<Erased>): Promise<Erased> {
  try {
    return await erase()
  } catch (cause) {
    if (cause instanceof Broken && cause.code === 'inventory/object-held') return { outcome: 'blocked', counted: nothing, because: cause.message }
    throw cause
  }
}

async function rewritten(object: BucketObject, mixed: Searched & { readonly scratch: string | undefined }, { counted, begin }: { readonly counted: Counted; readonly begin: Begin }): Promise<Erased | undefined> {
  const because = await object.cannotReplace()
  if (because !== undefined) return { outcome: 'blocked', counted, because }
  const beside = (bytes: AsyncIterable<Uint8Array>): Promise<Spooled> => spool(bytes, { folder: mixed.scratch, limits: documentLimits })
  const inFile = async <Result>(work: (file: string) => Promise<Result>): Promise<Result> => {
    const file = await beside(object.bytes())
    return work(file.file).finally(() => file.remove())
  }
  const draft = async (bytes: AsyncIterable<Uint8Array>): Promise<Draft> => {
    const { file, remove } = await beside(bytes)
    return { file, commit: () => object.replace(file).finally(remove).then(() => undefined), discard: remove }
  }
  return rewriteMixed({ ...mixed, parts: () => object.parts(), bytes: () => object.bytes(), inFile, draft }, counted, begin)
}

const nothing = { rows: 0, unowned: 0, ambiguous: 0 }
const remaining = (remains: string): Erased => ({ outcome: 'blocked', counted: nothing, because: `${remains}: a removal would leave it there. Remove it with all of its versions, and run the erasure again` })

/** Removes an object that was derived, which was registered before its first row. All its versions go. Undefined when it is not there any more. Throws `Broken` for what may pass. */
export async function dropObject({ access, place }: Pick<ObjectToErase, 'access' | 'place'>, begin: Begin): Promise<Erased | undefined> {
  if (typeof access === 'string') throw new Broken('erasure/no-access', `a bucket to be erased from cannot be opened: ${access}; set what is missing, and run the erasure again`)
  const object = await objectAt(access, place)
  if (object === undefined) return undefined
  if (object.remains !== undefined) return remaining(object.remains)
  return unlessHeld(async () => {
    await begin(nothing)
    failpoint('erasure/after-begin')
    await object.remove()
    return { outcome: 'erased', rows: 0, counted: nothing }
  })
}
