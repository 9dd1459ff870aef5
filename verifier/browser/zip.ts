import type { BundleSource } from '../source.ts'
import { openZip, packedMembers } from '../zip.ts'

/** Members inflated at the same time. */
const atOnce = 64

/**
 * A bundle in a zip, inflated beforehand: a browser inflates only later, and a check reads at once. Throws `Malformed` `zip/...`; a member that does not
 * inflate to what it claims is refused when it is read.
 */
export async function openZipLater(bytes: Uint8Array): Promise<BundleSource> {
  const members = packedMembers(bytes)
  const inflated = new Map<number, Uint8Array | undefined>()
  for (let first = 0; first < members.length; first += atOnce) {
    await Promise.all(members.slice(first, first + atOnce).map(async ({ packed, inflatedBytes }) => { inflated.set(packed.byteOffset, await inflate(packed, inflatedBytes)) }))
  }
  return openZip(bytes, (packed) => inflated.get(packed.byteOffset))
}

async function inflate(packed: Uint8Array, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    const reader = new Blob([Uint8Array.from(packed)]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
    const out = new Uint8Array(bytesMax)
    let used = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return out.subarray(0, used)
      if (used + value.length > bytesMax) return undefined // what it claims is all it gets
      out.set(value, used)
      used += value.length
    }
  } catch {
    return undefined
  }
}
