/** A refresh of a few changed rows of many people: as a layer on what is known, against writing all of it anew, and what a search pays for the layers. */
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildFingerprints, layersMax, openSegmentFile, type FingerprintSummary } from '../../server/trace/fingerprint/index.ts'
import { rounded, type Measured } from '../result.ts'
import { identifying, identityRows } from './people.ts'

export interface LayersSize {
  readonly people: number
  /** Rows of one refresh. */
  readonly changed: number
}

export const wholeLayers: LayersSize = { people: 5_000_000, changed: 10_000 }
export const quickLayers: LayersSize = { people: 50_000, changed: 1000 }

const [known, moved] = [1, 3] // seeds of the people, and of what those have who changed
const [epochKey, sealKey] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)]

/** Takes all people once, and changes of them in layers and without. */
export async function benchLayers({ people, changed }: LayersSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-layers-'))
  try {
    const file = (name: string): string => join(directory, name)
    await take(file('layered'), identityRows(known, 0, people))
    copyFileSync(file('layered'), file('before'))
    await readThrough(file('layered')) // only warms
    const bare = await timed(() => readThrough(file('layered')))
    const changes = (refresh: number): AsyncIterable<Uint8Array> => identityRows(moved, refresh * changed, changed)
    const whole = await timed(() => take(file('whole'), changes(0), file('before')))
    const layers: { seconds: number; bytes: number; number: number }[] = []
    for (let refresh = 0; refresh < layersMax; refresh += 1) {
      const layer = await timed(() => take(file('layered'), changes(refresh), file('layered')))
      layers.push({ seconds: layer.seconds, bytes: layer.result.bytes, number: layer.result.layers })
    }
    const layered = await timed(() => readThrough(file('layered')))
    const [first] = layers
    const [bytes, all] = [first!.bytes, whole.result.bytes]
    const seconds = rounded(layers.map((layer) => layer.seconds).toSorted((a, b) => a - b)[layers.length >> 1]!)
    log(`${changed} changed rows of ${people}: ${bytes} bytes in ${seconds} s as a layer, ${all} bytes in ${rounded(whole.seconds)} s anew; read whole in ${rounded(bare.seconds)} s, with ${layers.length} layers in ${rounded(layered.seconds)} s`)
    return [
      { what: `${changed} changed rows of ${people} people, bytes written as a layer`, value: bytes, unit: 'bytes', baseline: { what: 'written anew', value: all }, ratio: rounded(bytes / all), must: 'a tenth at most', goal: '', ok: layers.every((layer, at) => layer.number === at + 1 && layer.bytes <= all / 10) },
      { what: 'the same, time', value: seconds, unit: 's', baseline: { what: 'written anew', value: rounded(whole.seconds) }, ratio: rounded(seconds / whole.seconds), must: '', goal: 'half', ok: true },
      { what: `tokens read through ${layers.length} layers`, value: rounded(layered.result / 1e6 / layered.seconds), unit: 'million tokens/s', baseline: { what: 'without', value: rounded(bare.result / 1e6 / bare.seconds) }, ratio: rounded(layered.result / layered.seconds / (bare.result / bare.seconds)), must: '', goal: '>= 0.5', ok: layered.result > bare.result },
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function take(file: string, rows: AsyncIterable<Uint8Array>, onto?: string): Promise<FingerprintSummary> {
  const before = onto === undefined ? undefined : await openSegmentFile(onto, sealKey)
  const columns = identifying.map((name) => ({ name, identifies: true }))
  return buildFingerprints({ dataset: 'people', epochKey, sealKey, file, random: randomBytes, rows, columns, before, adds: before !== undefined }).finally(() => before?.close())
}

/** Opens all tokens that a search loads; resolves to how many. */
async function readThrough(file: string): Promise<number> {
  const segment = await openSegmentFile(file, sealKey)
  let tokens = 0
  for (const kind of ['columns', 'links', 'forms'] as const) for (const number of segment.header[kind].keys()) for await (const part of segment.read(kind, number)) tokens += part.length
  await segment.close()
  return tokens
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly seconds: number }> {
  const from = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - from) / 1000 }
}
