/** Notebooks (.ipynb): every string of every cell, output and annotation as one text; outputs and attachments of another type opened like files. */
import type { Encoding } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import { createNames, memberName, type Nest } from './nest.ts'
import { gather, once } from './scratch.ts'
import type { Opening } from './source.ts'
import { kindOf, textPart, utf8Of } from './text.ts'

/** Bytes of a notebook that is taken apart; a larger one is read as the JSON document that it is. */
export const notebookBytesMax = 64 * 1024 * 1024

// Lists inside lists that are walked; a notebook has about six.
const depthMax = 64

interface Found { readonly texts: string[]; readonly attached: { readonly name: string; readonly bytes: Buffer }[] }

/** The parts of a notebook. */
export async function* notebookParts(opening: Opening, encoding: Encoding, nest: Nest): AsyncGenerator<PartOrUnread> {
  const held = await gather(utf8Of(opening.bytes, encoding), notebookBytesMax)
  const content = 'buffer' in held ? parsed(held.buffer) : undefined
  if (content === undefined) {
    yield textPart({ ...opening, bytes: 'buffer' in held ? once(held.buffer) : held.stream }, { outcome: 'json', encoding: 'utf-8' })
    return
  }
  const found: Found = { texts: [], attached: [] }
  walk(content, { cell: '', key: '', depth: 0 }, found)
  yield { name: opening.name, kind: kindOf('notebook', opening, encoding), shape: 'text', delimiter: ',', bytes: once(Buffer.from(`${found.texts.join('\n')}\n`)), partly: opening.notes }
  const numbered = createNames()
  for (const { name: own, bytes } of found.attached) {
    nest.budget.member()
    const name = numbered(memberName(opening.name, own))
    yield* nest.inside({ name, depth: opening.depth + 1, source: { name, bytes: bytes.length, open: () => once(bytes) }, notes: opening.notes })
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

interface Place { readonly cell: string; readonly key: string; readonly depth: number }

function walk(value: unknown, place: Place, found: Found): void {
  if (value === null || typeof value === 'boolean') return
  const lines = Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string') ? value.join('') : value
  if (typeof lines === 'string') return take(lines, place, found)
  if (typeof lines !== 'object') { found.texts.push(String(lines)); return }
  if (place.depth > depthMax) { found.texts.push(JSON.stringify(lines)); return }
  for (const [key, inner] of Object.entries(lines as object)) {
    const cell = place.key === 'cells' ? `cell ${Number(key) + 1}` : place.cell
    if (/@|\d{5}/.test(key)) found.texts.push(key)
    walk(inner, { cell, key, depth: place.depth + 1 }, found)
  }
}

/** A string under the name of a media type is a document of that type. */
function take(text: string, { cell, key }: Place, found: Found): void {
  const type = /^([a-z]+)\/[\w.+-]+$/.exec(key)?.[1]
  const name = `${cell === '' ? 'notebook' : cell} (${key})`
  if (type === undefined || key === 'text/plain') found.texts.push(text)
  else if (type !== 'text' && /^[A-Za-z0-9+/\s]{4,}={0,2}$/.test(text.trimEnd())) found.attached.push({ name, bytes: Buffer.from(text, 'base64') })
  else found.attached.push({ name, bytes: Buffer.from(text) })
}
