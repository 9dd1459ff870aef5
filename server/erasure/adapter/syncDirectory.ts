import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Makes durable which names a directory has. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
