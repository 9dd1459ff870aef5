/** Mails and mailboxes: headers, bodies and attachments in every encoding that mail has; what was written is known. */
import { gzipSync } from 'node:zlib'
import { differ, missingMarks, rowParts, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import { times, type Random } from '../random.ts'
import { markOf, word } from '../values.ts'
import { markedUp, plainCsv, plainTable } from './documents.ts'

interface Written { readonly marks: string[]; readonly rows: string[][] }

const end = '\r\n'
const ascii = (text: string): string => text.replaceAll(/[^\x20-\x7e]/gu, '')

/** RFC 2047: words of a header, 8-bit letters and all. */
function encodedWord(text: string, random: Random): string {
  const [charset, bytes] = random.chance(0.5) ? ['utf-8', Buffer.from(text)] as const : ['iso-8859-1', Buffer.from(text, 'latin1')] as const
  if (random.chance(0.5)) return `=?${charset}?B?${bytes.toString('base64')}?=`
  return `=?${charset}?q?${[...bytes].map((byte) => (byte === 0x20 ? '_' : byte > 0x7e || byte < 0x20 || byte === 0x3f || byte === 0x3d || byte === 0x5f ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte))).join('')}?=`
}

/** RFC 2045, 6.7, with soft line breaks anywhere between two characters. */
function quotedPrintable(bytes: Buffer, random: Random): string {
  let line = 0
  let out = ''
  for (const byte of bytes) {
    const coded = byte === 0x0a || byte === 0x0d ? String.fromCharCode(byte) : byte === 0x3d || byte > 0x7e || byte < 0x20 || random.chance(0.02) ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte)
    if (line + coded.length > 70 || (coded.length === 1 && byte > 0x20 && random.chance(0.03))) { out += `=${end}`; line = 0 }
    out += coded
    line = byte === 0x0a ? 0 : line + coded.length
  }
  return out.replaceAll(/[ \t](?=\r\n)/g, (blank) => (blank === ' ' ? '=20' : '=09'))
}

const wrapped = (text: string): string => text.replaceAll(/.{76}/g, `$&${end}`)

function bodyOf(text: string, type: string, random: Random): string {
  const [charset, bytes] = random.pick([['utf-8', Buffer.from(text)], ['utf-8', Buffer.from(text)], ['iso-8859-1', Buffer.from(text, 'latin1')], ['windows-1252', Buffer.from(text, 'latin1')]] as const)
  const how = random.pick(['base64', 'quoted-printable', '8bit'] as const)
  const header = `Content-Type: ${type}; charset=${random.chance(0.5) ? `"${charset}"` : charset}${end}Content-Transfer-Encoding: ${how}${end}${end}`
  if (how === 'base64') return header + wrapped(bytes.toString('base64'))
  return header + (how === '8bit' ? bytes.toString('latin1') : quotedPrintable(bytes, random))
}

/** The text of a part, one character a byte. */
function textPart(random: Random, { marks }: Written): string {
  const mark = markOf(random)
  marks.push(mark)
  const text = `Dear Zo\u00eb M\u00fcller,${end}please write to ${mark} today.${end}${times(random.below(5), () => ascii(word(random, 60)).trim()).join(end)}${end}From here on = nothing`
  return random.chance(0.7) ? bodyOf(text, 'text/plain', random) : bodyOf(`<p>${markedUp(text, random)}</p>`, 'text/html', random)
}

function attachment(random: Random, written: Written): string {
  const rows = plainTable(random)
  written.rows.push(...rows)
  const content = Buffer.from(plainCsv(rows))
  const packed = random.chance(0.4)
  const name = random.pick(['list.csv', 'list of people.csv', 'x.dat', 'list.csv'])
  const header = `Content-Type: ${random.pick(['text/csv', 'application/octet-stream'])}; name="${name}"${end}Content-Disposition: attachment; filename="${name}"${end}`
  if (packed || random.chance(0.6)) return `${header}Content-Transfer-Encoding: base64${end}${end}${wrapped((packed ? gzipSync(content) : content).toString('base64'))}`
  return `${header}Content-Transfer-Encoding: quoted-printable${end}${end}${quotedPrintable(content, random)}`
}

function multipart(random: Random, written: Written, depth: number): string {
  const boundary = random.pick(['b', '=_x.y', '----=_Part_1', `${random.below(1e9)}`]) + depth
  const parts = times(1 + random.below(4), () => {
    const kind = random.below(10)
    if (kind < 4) return textPart(random, written)
    if (kind < 7 || depth === 0) return attachment(random, written)
    return kind < 9 ? multipart(random, written, depth - 1) : `Content-Type: message/rfc822${end}${end}${message(random, written, depth - 1)}`
  })
  return `Content-Type: multipart/${random.pick(['mixed', 'alternative', 'related'])}; boundary="${boundary}"${end}${end}${random.chance(0.3) ? `preamble${end}` : ''}${parts.map((part) => `--${boundary}${end}${part}${end}`).join('')}--${boundary}--${end}`
}

function message(random: Random, written: Written, depth = 2): string {
  const mark = (): string => { const one = markOf(random); written.marks.push(one); return one }
  const headers = [
    `From: ${random.chance(0.5) ? encodedWord('Zo\u00eb', random) : '"Ann, B."'} <${mark()}>`, `To: ${mark()}${random.chance(0.5) ? `,${end} ${mark()}` : ''}`, `Subject: ${random.chance(0.5) ? encodedWord(`caf\u00e9 ${mark()}`, random) : 'hello'}`,
    'Date: Mon, 1 Jan 2024 00:00:00 +0000', `Message-ID: <${mark()}>`, 'MIME-Version: 1.0', `X-Origin: ${mark()}`,
  ]
  return `${headers.join(end)}${end}${random.chance(0.3) || depth <= 0 ? textPart(random, written) : multipart(random, written, depth)}`
}

function mail(random: Random): Made {
  const written: Written = { marks: [], rows: [] }
  return { bytes: Buffer.from(message(random, written), 'latin1'), ...written }
}

function mailbox(random: Random): Made {
  const written: Written = { marks: [], rows: [] }
  const box = times(1 + random.below(6), () => `From zoe@mail.example Mon Jan  1 00:00:00 2024${end}${message(random, written).replaceAll(/^From /gm, '>From ')}${end}${end}`).join('')
  return { bytes: Buffer.from(box, 'latin1'), ...written }
}

const compare = ({ read, rows, marks }: Sample, tools: Tools): Verdict => unexpected(read) ?? missingMarks(read, marks!) ?? differ(sumOf(rowParts(read)), tools.count(rows!))

export const mails: readonly Format[] = ([['mail', mail], ['mailboxes', mailbox]] as const).map(([name, make]) => ({
  name, oracle: 'what was written', damagedShare: 0.2, kind: /^mail/, // Cut inside its headers, a mail is one without a body.
  tells: (damage, { bytes }) => damage === 'cut' && name === 'mail' && Buffer.from(bytes).includes(`${end}${end}`),
  make: (randoms) => randoms.map(make), compare: (samples, tools) => samples.map((sample) => compare(sample, tools)),
}))
