/** What lies beside an SQLite file before it is opened for writing: SQLite plays a journal back, and removes the file that the journal names. */
import { closeSync, fstatSync, lstatSync, openSync, readSync, realpathSync, constants } from 'node:fs'
import { Broken } from '#kit/errors'
import { codeOf } from './there.ts'

/** Ends a journal that belongs to a change of several files, behind the name of the one that all of them have in common (SQLite, Database File Format, 3). */
const ending = Buffer.from('d9d505f920a163d7', 'hex')

/**
 * Throws `Broken` `inventory/foreign-journal` where the journal of an SQLite file names another file, or is no file: whoever may write beside a store could have any file
 * removed that this account may remove. Looked at just before the file is opened: who changes it in between is not seen.
 */
export function mustNameNoOtherFile(file: string): void {
  let real: string
  try {
    real = realpathSync(file)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return // it is made anew, or opening it says what is wrong
    throw new Broken('inventory/store-unreachable', `the file of a store cannot be looked for (${codeOf(cause)})`, { cause })
  }
  const journal = `${real}-journal`
  let found
  try {
    found = lstatSync(journal)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return
    throw new Broken('inventory/store-unreachable', `the journal of an SQLite file cannot be looked at (${codeOf(cause)})`, { cause })
  }
  if (!found.isFile() || endOf(journal).equals(ending)) throw new Broken('inventory/foreign-journal', 'the journal beside an SQLite file names another file, which SQLite would remove, or is itself no file: nothing was opened. Open the store once with the application that it belongs to, which ends what it had begun, and try again')
}

function endOf(journal: string): Buffer {
  const end = Buffer.alloc(ending.length)
  const opened = openSync(journal, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size } = fstatSync(opened)
    if (size >= ending.length) readSync(opened, end, 0, ending.length, size - ending.length)
    return end
  } finally {
    closeSync(opened)
  }
}
