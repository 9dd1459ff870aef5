import fc from 'fast-check'
import { expect, test } from 'vitest'
import { appendLeaf, emptyFrontier, leafHash, type Frontier } from '@bailee/verifier'
import { encodeFrontier } from '../head.ts'
import { grownHeads } from './grow.ts'

const leaf = (slot: number, index: number): Uint8Array => leafHash(Buffer.from(`${slot} ${index}`))

function oneByOne(slot: number, size: number): Frontier {
  let frontier = emptyFrontier
  for (let index = 0; index < size; index += 1) frontier = appendLeaf(frontier, leaf(slot, index))
  return frontier
}

test('logs of any size, each with leaves of its own number, come to what one leaf after the other makes of them, and what they were stays as it was', () => fc.assert(fc.property(
  fc.array(fc.record({ size: fc.nat({ max: 300 }), more: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 })) }), { maxLength: 12 }),
  (logs) => {
    const growing = logs.map(({ size, more }, slot) => ({ head: { slot, size, frontier: encodeFrontier(oneByOne(slot, size)) }, leaves: Buffer.concat(Array.from({ length: more }, (_, index) => leaf(slot, size + index))) }))
    const before = growing.map(({ head }) => Buffer.from(head.frontier).toString('hex'))
    const expected = logs.map(({ size, more }, slot) => ({ slot, size: size + more, frontier: Buffer.from(encodeFrontier(oneByOne(slot, size + more))).toString('hex') }))
    expect(grownHeads(growing).map((head) => ({ ...head, frontier: Buffer.from(head.frontier).toString('hex') }))).toEqual(expected)
    expect(growing.map(({ head }) => Buffer.from(head.frontier).toString('hex'))).toEqual(before)
  },
)))
