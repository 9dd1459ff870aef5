/** What happens to files: they are cut short, their bits turn over, pieces of them are lost, repeated, moved or blanked. */
import type { Random } from './random.ts'

export const damages = ['cut', 'flip', 'blank', 'lose', 'repeat', 'splice', 'append'] as const
export type Damage = (typeof damages)[number]

/** The bytes after some damage. May be equal to what they were. */
export function damaged(bytes: Uint8Array, random: Random, kind: Damage): Buffer {
  const whole = Buffer.from(bytes)
  const at = random.below(whole.length + 1)
  const length = Math.min(whole.length - at, 1 + random.below(random.chance(0.5) ? 8 : 2048))
  switch (kind) {
    case 'cut': return whole.subarray(0, at)
    case 'flip': {
      for (let flips = 1 + random.below(4); flips > 0 && whole.length > 0; flips -= 1) whole[random.below(whole.length)]! ^= 1 << random.below(8)
      return whole
    }
    case 'blank': return whole.fill(0, at, at + length)
    case 'lose': return Buffer.concat([whole.subarray(0, at), whole.subarray(at + length)])
    case 'repeat': return Buffer.concat([whole.subarray(0, at + length), whole.subarray(at)])
    case 'splice': return Buffer.concat([whole.subarray(0, at), random.bytes(length), whole.subarray(at + (random.chance(0.5) ? length : 0))])
    case 'append': return Buffer.concat([whole, random.chance(0.5) ? random.bytes(length) : whole.subarray(at, at + length)])
  }
}
