/**
 * Mails and mailboxes (RFC 5322, MIME, RFC 4155): headers and bodies decoded, as one text; attachments opened like files. One message is held at a time.
 */
import PostalMime, { decodeWords, type Attachment, type Email } from 'postal-mime'
import type { Encoding } from '../format.ts'
import type { Part, PartOrUnread } from '../part.ts'
import { markupBytes } from './markup.ts'
import { createNames, memberName, type Nest } from './nest.ts'
import { gather, once, repeatable } from './scratch.ts'
import type { Opening, Source } from './source.ts'
import { kindOf, textPart } from './text.ts'

/** Bytes of one message: twice what large mail services take, packed for transport. */
export const messageBytesMax = 64 * 1024 * 1024

// Headers without end, parts inside parts without end, or more of them than any mail has: what is encoded in them stays so.
const undecoded = 'the mail is not built as mails are, and was read as it stands'

/** The parts of one mail: its text, and what is in its attachments. A longer one than `messageBytesMax` is read as it stands, and says so. */
export async function* mailParts(opening: Opening, encoding: Encoding, nest: Nest): AsyncGenerator<PartOrUnread> {
  const held = encoding === 'utf-8' ? await gather(opening.bytes, messageBytesMax) : { stream: opening.bytes }
  if (!('buffer' in held)) {
    const whole = textPart({ ...opening, bytes: held.stream }, { outcome: 'mail', encoding })
    yield { ...whole, partly: () => ['a mail that is too large to be decoded', ...whole.partly()] }
    return
  }
  const message = await parse(held.buffer)
  if (message === undefined) {
    const whole = textPart({ ...opening, bytes: once(held.buffer) }, { outcome: 'mail', encoding })
    yield { ...whole, partly: () => [undecoded, ...whole.partly()] }
    return
  }
  const noted = endsEarly(held.buffer) ? { ...opening, notes: () => [...opening.notes(), 'the mail ends before the last of its parts does'] } : opening
  const rest = { name: opening.name, kind: kindOf('mail', opening), shape: 'text', delimiter: ',', partly: noted.notes } as const
  yield { ...rest, bytes: textOf(message) }
  yield* attachmentParts(message, noted, { nest, numbered: createNames() })
}

/** The parts of a mailbox: one text of all its messages, then what is in their attachments. */
export async function* mailboxParts(opening: Opening, nest: Nest): AsyncGenerator<PartOrUnread> {
  const { source, remove } = await repeatable(opening, nest.scratch)
  const state: BoxState = { whole: false, attached: 0, undecoded: 0, tooLarge: 0, early: 0, bytes: 0, withAttachments: [] }
  try {
    const bytes = textOfBox(source, state, nest.budget.limits.heldBytesMax)
    try {
      yield { name: opening.name, kind: kindOf('mailbox', opening), shape: 'text', delimiter: ',', bytes, partly: () => [...partlyIn(state), ...opening.notes()] } satisfies Part
    } finally {
      await bytes.return(undefined)
    }
    if (state.whole && state.attached === 0) return
    const numbered = createNames()
    const held = state.whole && state.bytes <= nest.budget.limits.heldBytesMax ? state.withAttachments : again(source)
    for await (const { number, message } of held) yield* attachmentParts(message, { ...opening, name: memberName(opening.name, `message ${number}`) }, { nest, numbered })
  } finally {
    await remove()
  }
}

interface Numbered { readonly number: number; readonly message: Email }

/** What the first reading of a mailbox saw; its messages with attachments are kept while they are of few bytes, so that they need not be taken apart again. */
interface BoxState { whole: boolean; attached: number; undecoded: number; tooLarge: number; early: number; bytes: number; withAttachments: Numbered[] }

/** The messages of a mailbox, by their numbers from 1. */
async function* again(source: Source): AsyncGenerator<Numbered> {
  let number = 0
  for await (const raw of messagesOf(source.open())) {
    number += 1
    const message = raw === undefined ? undefined : await parse(raw)
    if (message !== undefined) yield { number, message }
  }
}

const partlyIn = ({ undecoded, tooLarge, early }: BoxState): string[] => [
  ...(undecoded > 0 ? [`${undecoded} messages are not built as mails are, and were read as they stand`] : []),
  ...(tooLarge > 0 ? [`${tooLarge} messages are larger than ${messageBytesMax} bytes, and were not read`] : []),
  ...(early > 0 ? [`${early} messages end before the last of their parts does`] : []),
]

// The header of a message, looked at for what ends its body. Bytes.
const headerBytesMax = 256 * 1024

/** Whether a message of several parts (RFC 2046, 5.1.1) lacks the line behind its last one. Of other messages nothing tells where they end. */
function endsEarly(raw: Uint8Array): boolean {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const header = bytes.toString('latin1', 0, headerBytesMax).split(/\r?\n\r?\n/, 1)[0]!.replaceAll(/\r?\n[ \t]+/g, ' ')
  const boundary = /^content-type:\s*multipart\/[^\n]*?;\s*boundary\s*=\s*(?:"([^"\n]+)"|([^\s;]+))/im.exec(header)
  return boundary !== null && !bytes.includes(Buffer.from(`\n--${boundary[1] ?? boundary[2]!}--`, 'latin1'))
}

async function* textOfBox(source: Source, state: BoxState, keptBytesMax: number): AsyncGenerator<Uint8Array> {
  let number = 0
  for await (const raw of messagesOf(source.open())) {
    number += 1
    const message = raw === undefined ? undefined : await parse(raw)
    if (raw === undefined) state.tooLarge += 1
    else if (message === undefined) {
      state.undecoded += 1
      yield raw
    } else {
      state.attached += message.attachments.length
      if (message.attachments.length > 0) keep(state, { number, message }, { bytes: raw.length, keptBytesMax })
      if (endsEarly(raw)) state.early += 1
      yield* textOf(message)
    }
  }
  state.whole = true
}

function keep(state: BoxState, one: Numbered, { bytes, keptBytesMax }: { bytes: number; keptBytesMax: number }): void {
  state.bytes += bytes
  if (state.bytes <= keptBytesMax) state.withAttachments.push(one)
  else state.withAttachments = []
}

async function parse(raw: Uint8Array): Promise<Email | undefined> {
  return PostalMime.parse(raw, { forceRfc822Attachments: true }).catch(() => undefined) // its own limits on nesting and headers
}

async function* textOf(message: Email): AsyncGenerator<Uint8Array> {
  const headers = message.headers.map(({ originalKey, value }) => `${originalKey}: ${decodeWords(value)}\n`).join('')
  yield Buffer.from(`${headers}\n${message.text ?? ''}\n`)
  if (message.html !== undefined) yield* markupBytes(once(Buffer.from(message.html)), false)
  yield Buffer.from('\n\n')
}

async function* attachmentParts(message: Email, opening: Opening, { nest, numbered }: { nest: Nest; numbered: (name: string) => string }): AsyncGenerator<PartOrUnread> {
  for (const [index, attachment] of message.attachments.entries()) {
    nest.budget.member()
    const bytes = contentOf(attachment)
    nest.budget.unpack(bytes.length)
    const name = numbered(memberName(opening.name, (attachment.filename ?? '').slice(0, nest.budget.limits.nameMax) || `attachment ${index + 1}`))
    yield* nest.inside({ name, depth: opening.depth + 1, source: { name, bytes: bytes.length, open: () => once(bytes) }, notes: opening.notes })
  }
}

function contentOf({ content }: Attachment): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? content : new Uint8Array(content)
}

const separator = Buffer.from('\nFrom ')

// What is kept back of every piece: a separator may be cut by its end, with the empty line before it.
const keptBytes = 8

/** The messages of a mailbox without their separating lines; undefined for one that is too large to be held. */
async function* messagesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  const message = new Message()
  let kept: Uint8Array = new Uint8Array(0)
  for await (const chunk of bytes) {
    const window = Buffer.concat([kept, chunk])
    let start = 0
    for (let at = window.indexOf(separator); at >= 0; at = window.indexOf(separator, at + 1)) {
      const behindEmptyLine = window[at - 1] === 0x0a || (window[at - 1] === 0x0d && window[at - 2] === 0x0a)
      if (!behindEmptyLine) continue
      message.add(window.subarray(start, at + 1))
      yield message.take()
      start = at + 1
    }
    const end = Math.max(start, window.length - keptBytes)
    message.add(window.subarray(start, end))
    kept = window.subarray(end)
  }
  message.add(kept)
  yield message.take()
}

/** One message as it is collected. */
class Message {
  #parts: Uint8Array[] = []
  #size = 0

  add(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size > messageBytesMax) this.#parts = []
    else this.#parts.push(bytes)
  }

  take(): Uint8Array | undefined {
    const whole = Buffer.concat(this.#parts)
    const tooLarge = this.#size > messageBytesMax
    this.#parts = []
    this.#size = 0
    if (tooLarge) return undefined
    const line = /^From [^\n]*\n/.exec(whole.subarray(0, 1024).toString('latin1'))?.[0].length ?? 0
    return whole.subarray(line)
  }
}
