import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { malformed } from '../malformed.ts'
import { bundleFileBytesMax } from '../source.ts'
import type { BundleSource } from '../source.ts'

/**
 * A bundle in a directory. What is not an ordinary file counts as missing (a pipe would wait for ever); a file too large
 * for the layout throws `Malformed` `bundle/size`. What the disk refuses is thrown as it comes.
 */
export function openDirectory(directory: string): BundleSource {
  return {
    read: (path) => {
      const file = join(directory, path)
      const found = statSync(file, { throwIfNoEntry: false })
      if (found?.isFile() !== true) return undefined
      return found.size <= bundleFileBytesMax ? readFileSync(file) : malformed('bundle/size', `${path} is larger than any file of a bundle`)
    },
    list: (folder) => {
      const path = join(directory, folder)
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return []
      return readdirSync(path).map((name) => `${folder}${name}`)
    },
  }
}
