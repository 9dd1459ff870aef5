import { objectAt, parsePart, type BucketAccess } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Erased } from './erased.ts'
import type { Searched } from './located.ts'
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
 * Removes an object that holds the controller's records. Blocked and left where it is as `eraseWhole` says, and where its bucket keeps earlier versions, which would stay. Resolves to undefined
 * when it is not there any more. Throws `Broken` for what may pass.
 */
export async function removeObject({ access, place, scratch, ...searched }: ObjectToErase, begin: Begin): Promise<Erased | undefined> {
  if (typeof access === 'string') throw new Broken('erasure/no-access', `a bucket to be erased from cannot be opened: ${access}; set what is missing, and run the erasure again`)
  for (const one of new Set([place, parsePart(place).path])) {
    const object = await objectAt(access, one, { scratch })
    if (object === undefined) continue
    if (object.remains !== undefined) return remaining(object.remains)
    return eraseWhole({ ...searched, parts: () => object.parts(), remove: () => object.remove() }, begin)
  }
  return undefined
}

const nothing = { rows: 0, unowned: 0, ambiguous: 0 }
const remaining = (remains: string): Erased => ({ outcome: 'blocked', counted: nothing, because: `${remains}: a removal would leave it there. Remove it with all of its versions, and run the erasure again` })

/** Removes an object that was derived, which was registered before its first row. Blocked where its bucket keeps earlier versions. Undefined when it is not there any more. Throws `Broken` for what may pass. */
export async function dropObject({ access, place }: Pick<ObjectToErase, 'access' | 'place'>, begin: Begin): Promise<Erased | undefined> {
  if (typeof access === 'string') throw new Broken('erasure/no-access', `a bucket to be erased from cannot be opened: ${access}; set what is missing, and run the erasure again`)
  const object = await objectAt(access, place)
  if (object === undefined) return undefined
  if (object.remains !== undefined) return remaining(object.remains)
  await begin(nothing)
  failpoint('erasure/after-begin')
  await object.remove()
  return { outcome: 'erased', rows: 0, counted: nothing }
}
