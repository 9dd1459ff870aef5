/** Kept hashes of a log (`subtree`) against its entries: they are copies, made so that they are not hashed for every reader, and what is made from wrong ones is handed to nobody. */
import { parentHashesOf } from '@bailee/verifier'
import type { Transaction } from '../store.ts'
import { keptBeyond, keptOtherwise, type DerivedHash } from './store.ts'
import { apart } from './tree.ts'

/** Hashes compared by one question: 64 KB. */
const comparedAtOnce = 2_048

/** Takes the leaf hashes of one log in order, one at a time, and holds the roots over each 16^level of them against those that are kept. */
export interface KeptCheck {
  add(leaf: Uint8Array): void
  /** Compares what came together so far; to be called now and then, so that memory stays flat. */
  settle(): Promise<void>
  /** Compares the rest, when all leaves came. */
  end(size: number): Promise<void>
}

/** `slot`: of the log, or `rootSlot`. `say` is told of each that differs. */
export function checkKept(tx: Transaction, slot: number, say: (problem: string) => void): KeptCheck {
  const open: { index: number; readonly hashes: Uint8Array[] }[] = []
  const derived: DerivedHash[] = []
  const add = (level: number, hash: Uint8Array): void => {
    const row = (open[level] ??= { index: 0, hashes: [] })
    row.hashes.push(hash)
    if (row.hashes.length < apart) return
    const root = rootOver(Buffer.concat(row.hashes.splice(0)))
    derived.push({ level: level + 1, index: row.index, hash: root })
    row.index += 1
    add(level + 1, root)
  }
  const settle = async (atLeast: number): Promise<void> => {
    if (derived.length < atLeast) return
    for (const { level, index } of await keptOtherwise(tx, slot, derived.splice(0))) say(`kept hash ${index} of level ${level} is not that of its entries, and was edited; it is a copy: ${dropping(slot)}`)
  }
  return {
    add: (leaf) => add(0, leaf),
    settle: () => settle(comparedAtOnce),
    end: async (size) => {
      await settle(1)
      const beyond = await keptBeyond(tx, slot, size)
      if (beyond > 0) say(`${beyond} kept hashes stand for entries that are not there; they are copies: ${dropping(slot)}`)
    },
  }
}

const dropping = (slot: number): string => `"delete from subtree where slot = ${slot}" lets them be made anew`

/** The root over as many hashes as one of the next level stands for. */
function rootOver(hashes: Uint8Array): Uint8Array {
  let row = hashes
  for (let width = apart; width > 1; width /= 2) row = parentHashesOf(row)
  return row
}
