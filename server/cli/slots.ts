import type { HeldBack } from '#trace'

const count = (bytes: number): string => Math.ceil(bytes / 1024).toLocaleString('en-GB')

/** Of what a slot may hold back, the part from which its line is a warning: there is time yet to run a refresh. */
const warnedFrom = 0.5

/** How much of a server's log each replication slot holds back, and of how much: a disk that is full stops the client's database. */
export function heldLines(slots: readonly HeldBack[]): string[] {
  return slots.map(({ store, name, fingerprints, retainedBytes, retainedBytesMax, because }) => {
    const held = retainedBytes === undefined ? `of ${fingerprints} in store ${store} holds back an unknown part of its server's log` : `of ${fingerprints} holds back ${count(retainedBytes)} KiB of the log of ${store}, of ${count(retainedBytesMax)} at most`
    const warned = because !== undefined || (retainedBytes ?? 0) > retainedBytesMax * warnedFrom
    return `  ${warned ? '! ' : ''}replication slot ${name} ${held}${because === undefined ? warned ? ': bailee trace refresh reads it' : '' : `: ${because}`}`
  })
}
