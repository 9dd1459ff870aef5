/** Tiles of a log, written while its leaves come: a hash for each 256 of them is held, whatever the log's length; the lowest tiles are read again where one is asked for. */
import { entriesPath, parentHashesOf, subtreesOfFlat, tilePath, tilesOf, tileWidth, type SubtreeHash } from '@bailee/verifier'

const hashBytes = 32
/** Levels of the tree that one level of tiles stands for. */
const tileLevels = 8

/** Where the files of one log go, and where what was written is read again. */
export interface LogFiles {
  put(path: string, bytes: Uint8Array): void
  read(path: string): Uint8Array
}

/** The tiles of a log while they are written. */
export interface GrowingTiles {
  /** The next bundle of entries, with the hashes of its leaves one behind the other (32 bytes each): 256 of them, but for the last. */
  add(bundle: Uint8Array, leaves: Uint8Array): void
  /** Writes the tiles above, and answers for every complete subtree. */
  end(): SubtreeHash
}

/** Begins the tiles of a log of `size` entries (C2SP tlog-tiles). */
export function growTiles(size: number, { put, read }: LogFiles): GrowingTiles {
  const lowest = new Uint8Array(Math.floor(size / tileWidth) * hashBytes) // of each whole tile
  let next = 0
  return {
    add: (bundle, leaves) => {
      const width = leaves.length / hashBytes
      put(entriesPath(next, width), bundle)
      put(tilePath(0, next, width), leaves)
      if (width === tileWidth) lowest.set(rootOfTile(leaves), next * hashBytes)
      next += 1
    },
    end: () => {
      const tree = subtrees(size, lowest, read)
      for (const { level, index, width } of tilesOf(size)) {
        if (level === 0) continue // they were written as they came
        const tile = new Uint8Array(width * hashBytes)
        for (let place = 0; place < width; place += 1) tile.set(tree(level * tileLevels, index * tileWidth + place), place * hashBytes)
        put(tilePath(level, index, width), tile)
      }
      return tree
    },
  }
}

function rootOfTile(leaves: Uint8Array): Uint8Array {
  let row = leaves
  for (let level = 0; level < tileLevels; level += 1) row = parentHashesOf(row)
  return row
}

function subtrees(size: number, lowest: Uint8Array, read: LogFiles['read']): SubtreeHash {
  const above = subtreesOfFlat(lowest)
  let last: { readonly index: number; readonly tree: SubtreeHash } | undefined
  return (level, index) => {
    if (level >= tileLevels) return above(level - tileLevels, index)
    const perTile = tileWidth >> level
    const tile = Math.floor(index / perTile)
    if (last?.index !== tile) last = { index: tile, tree: subtreesOfFlat(read(tilePath(0, tile, Math.min(tileWidth, size - tile * tileWidth)))) }
    return last.tree(level, index - tile * perTile)
  }
}
