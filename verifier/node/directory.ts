import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { malformed } from '../malformed.ts'
import { bundleFileBytesMax } from '../source.ts'
import type { BundleSource } from '../source.ts'

/**
 * A bundle in a directory. What is not an ordinary file counts as missing (a pipe would wait for ever); a file too large
 * for the layout throws `Malformed` `bundle/size`, and a link within it `bundle/link`: what it leads to is no part of the bundle,
 * and stays behind when the bundle is kept. What the disk refuses is thrown as it comes.
 */
export function openDirectory(directory: string): BundleSource {
  const folders = new Set(['.'])
  /** What is at a place, where nothing on the way to it, nor it, is a link. */
  const at = (path: string): Stats | undefined => {
    const folder = dirname(path)
    if (!folders.has(folder) && at(folder)?.isDirectory() !== true) return undefined
    folders.add(folder)
    const found = lstatSync(join(directory, path), { throwIfNoEntry: false })
    return found?.isSymbolicLink() === true ? malformed('bundle/link', `${path} is a link: a bundle holds its files itself`) : found
  }
  return {
    read: (path) => {
      const found = at(path)
      if (found?.isFile() !== true) return undefined
      return found.size <= bundleFileBytesMax ? readFileSync(join(directory, path)) : malformed('bundle/size', `${path} is larger than any file of a bundle`)
    },
    list: (folder) => (at(folder.slice(0, -1))?.isDirectory() === true ? readdirSync(join(directory, folder)).map((name) => `${folder}${name}`) : []),
  }
}
