/** The shapes in which a copy is hidden: each writes the hidden people, among strangers where that is its point, into a folder of its own. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createWriteStream, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { among, strangers, type Person } from './people.ts'
import { base64Lines, csv, delimited, plainColumns, sqlitePages, tarred, through, writeParquet, writeSqlite, writeWorkbook, zipped } from './write.ts'

export interface Hiding {
  /** The people whose copy it is. */
  readonly hidden: readonly Person[]
  /** Strangers; a disguise takes as many as it wants. */
  readonly others: readonly Person[]
  readonly folder: string
  readonly scratch: string
  /** How many strangers a place may hold. */
  readonly strangersMax: number
}

export interface Disguise {
  readonly name: string
  /** Resolves to a reason when this machine lacks what makes it. */
  write(hiding: Hiding): Promise<string | undefined> | string | undefined
  /** What a search is to say. `rows`: as many as people, exactly; `people`: the place and its people, but rows are not counted exactly; `nothing`: cannot be found by its content, and is said so. */
  readonly found: 'rows' | 'people' | 'nothing'
  /** How many of the hidden people are in it, where it cannot hold all of them. */
  count?(hidden: readonly Person[]): number
}

type Content = string | Buffer | undefined
const digest = (algorithm: string, text: string, encoding: 'hex' | 'base64' = 'hex'): string => createHash(algorithm).update(text).digest(encoding)

/** A disguise that is one file. */
function file(name: string, path: string, make: (hiding: Hiding) => Content | Promise<Content>, found: Disguise['found'] = 'rows'): Disguise {
  return {
    name, found,
    write: async (hiding) => {
      const content = await make(hiding)
      if (content === undefined) return 'its program is not installed'
      writeFileSync(join(hiding.folder, path), content)
      return undefined
    },
  }
}

/** Hidden people among twice as many strangers. */
const some = ({ hidden, others }: Hiding): Person[] => among(hidden, others.slice(0, hidden.length * 2))
const columns = (of: Readonly<Record<string, (person: Person, row: number) => string>>) => (hiding: Hiding): string => delimited(some(hiding), of)
const isLatin = (person: Person): boolean => !/[^\u0000-\u00FF]/.test(person.email)
const european = (born: string): string => born.split('-').reverse().join('.')
const american = (born: string): string => `${born.slice(5, 7)}/${born.slice(8)}/${born.slice(0, 4)}`

const spelling: readonly Disguise[] = [
  file('CSV as it is', 'people.csv', (hiding) => csv(some(hiding))),
  file('upper case', 'a.csv', columns({ mail: (p) => p.email.toUpperCase(), nr: (p) => p.id.toUpperCase(), city: (p) => p.city })),
  file('padded with spaces', 'b.csv', columns({ mail: (p) => `   ${p.email}  `, nr: (p) => ` ${p.id} ` })),
  file('every field quoted', 'c.csv', (hiding) => some(hiding).map((p) => `"${p.id}","${p.email}","${p.first} ""x"" ${p.last}"`).join('\n')),
  file('renamed and reordered columns', 'd.csv', columns({ f7: (p) => p.plan, f2: (p) => p.email, f9: (p) => p.born, f1: (p) => p.id })),
  file('columns dropped: number and address left', 'e.csv', columns({ a: (p) => p.id, b: (p) => p.email })),
  file('e-mail addresses alone', 'f.csv', columns({ a: (p) => p.email })),
  file('semicolons', 'g.csv', (hiding) => delimited(some(hiding), plainColumns, { delimiter: ';' })),
  file('tabs', 'h.tsv', (hiding) => delimited(some(hiding), plainColumns, { delimiter: '\t' })),
  file('pipes, no header', 'i.txt', (hiding) => delimited(some(hiding), plainColumns, { delimiter: '|', header: false })),
  file('byte order mark and carriage returns', 'j.csv', (hiding) => `\uFEFF${delimited(some(hiding), plainColumns, { lineEnd: '\r\n' })}`),
  file('UTF-16', 'k.csv', (hiding) => Buffer.from(`\uFEFF${csv(some(hiding))}`, 'utf16le')),
  { ...file('Latin-1', 'l.csv', (hiding) => Buffer.from(delimited(some(hiding).filter(isLatin), { a: (p) => p.id, b: (p) => p.email, c: () => 'Café' }), 'latin1')), count: (people) => people.filter(isLatin).length },
  file('accents taken apart (NFD)', 'm.csv', columns({ a: (p) => p.email.normalize('NFD'), b: (p) => p.id })),
  file('line ends inside quotes', 'n.csv', columns({ note: (p) => `first line\n${p.first},\n"third"`, a: (p) => p.email, b: (p) => p.id })),
  file('broken lines', 'o.csv', (hiding) => some(hiding).map((p, row) => (row % 5 === 0 ? `${p.id},${p.email},x,y,z` : `${p.id},${p.email}`)).join('\n')),
  file('dates in another order', 'p.csv', columns({ a: (p) => european(p.born), b: (p) => p.id, c: (p) => p.email })),
  file('a plus-tag that only the copy has', 't.csv', columns({ a: (p) => p.email.replace('@', '+news@'), b: (p) => p.plan })),
  file('dates the American way, address hashed', 'q.csv', columns({ a: (p) => american(p.born), b: (p) => digest('sha256', p.email), c: (p) => p.id })),
]

const hashed: readonly Disguise[] = [
  file('md5 of the address', 'a.csv', columns({ key: (p) => digest('md5', p.email), plan: (p) => p.plan })),
  file('sha1 of the address', 'b.csv', columns({ key: (p) => digest('sha1', p.email) })),
  file('sha256 of the address, capitals', 'c.csv', columns({ key: (p) => digest('sha256', p.email).toUpperCase(), city: (p) => p.city })),
  file('sha256 of the address, base64', 'd.csv', columns({ key: (p) => digest('sha256', p.email, 'base64') })),
  file('sha256 of the address in JSON lines', 'e.jsonl', (hiding) => some(hiding).map((p) => JSON.stringify({ match: { em: digest('sha256', p.email) } })).join('\n')),
]

const structured: readonly Disguise[] = [
  file('JSON lines', 'a.jsonl', (hiding) => some(hiding).map((p) => JSON.stringify(p)).join('\n')),
  file('a JSON document, indented', 'b.json', (hiding) => JSON.stringify({ exported: '2019-04-15', clients: some(hiding) }, null, 2)),
  file('JSON, nested', 'c.json', (hiding) => JSON.stringify({ pages: [{ number: 1, entries: some(hiding).map((p) => ({ key: { id: p.id }, profile: { contact: { emails: [p.email] }, name: [p.first, p.last] } })) }] })),
  file('JSON in a cell', 'd.csv', columns({ row: (_, row) => String(row), payload: (p) => JSON.stringify({ user: { id: p.id, mail: p.email } }) })),
  file('XML', 'e.xml', (hiding) => `<?xml version="1.0"?>\n<people>${some(hiding).map((p) => `<person id="${p.id}"><mail>${p.email}</mail><name>${p.first}</name></person>`).join('\n')}</people>`),
  file('an HTML table', 'f.html', (hiding) => `<html><body><table><tr><th>Nr</th><th>Mail</th></tr>${some(hiding).map((p) => `<tr><td>${p.id}</td><td><a href="mailto:${p.email}">${p.email.replaceAll('é', '&eacute;')}</a></td></tr>`).join('')}</table></body></html>`),
  file('a notebook', 'g.ipynb', (hiding) => JSON.stringify({ cells: [{ cell_type: 'code', source: ['frame.head()'], outputs: [{ output_type: 'execute_result', data: { 'text/plain': some(hiding).map((p, row) => `${row}  ${p.id}  ${p.email}  ${p.plan}\n`) } }] }], nbformat: 4, nbformat_minor: 5, metadata: {} })),
  { name: 'an XLSX sheet', found: 'rows', write: async (hiding) => { await writeWorkbook(some(hiding), join(hiding.folder, 'h.xlsx')); return undefined } },
  { name: 'Parquet', found: 'rows', write: async (hiding) => { await writeParquet(some(hiding), join(hiding.folder, 'i.parquet')); return undefined } },
  { name: 'an SQLite file', found: 'rows', write: (hiding) => { writeSqlite(some(hiding), join(hiding.folder, 'j.db')); return undefined } },
]

const insertOf = (people: readonly Person[]): string => `DROP TABLE IF EXISTS \`client\`;\nCREATE TABLE \`client\` (\`id\` varchar(20), \`mail\` text, \`name\` text);\nINSERT INTO \`client\` VALUES ${people.map((p) => `('${p.id}','${p.email}','${p.last}\\'s')`).join(',')};\n`
const copyOf = (people: readonly Person[]): string => `SET client_encoding = 'UTF8';\nCREATE TABLE public.client (id text, mail text, born date);\nCOPY public.client (id, mail, born) FROM stdin;\n${people.map((p) => `${p.id}\t${p.email}\t${p.born}`).join('\n')}\n\\.\n`

const dumped: readonly Disguise[] = [
  file('an SQL dump with COPY', 'a.sql', (hiding) => copyOf(some(hiding))),
  file('an SQL dump with one INSERT of many tuples', 'b.sql', (hiding) => insertOf(some(hiding))),
  file('rows of a table in a directory of pg_dump', '3342.dat.gz', (hiding) => gzipSync(`${some(hiding).map((p, row) => `${p.id}\t${row % 3 === 0 ? '\\N' : 'two\\nlines'}\t${p.email}\t${p.born}`).join('\n')}\n\\.\n\n\n`)),
  file('an SQLite page in a disk image', 'c.img', (hiding) => Buffer.concat([randomBytes(8192), sqlitePages(some(hiding), hiding.scratch), randomBytes(4096)])),
  file('log lines', 'd.log', (hiding) => some(hiding).map((p, row) => `2019-04-15T10:00:${String(row % 60).padStart(2, '0')}Z INFO  mailer[${row}]: sent to=<${p.email}> user_id=${p.id} status=250 (took ${row % 90} ms)`).join('\n')),
  file('prose', 'e.txt', (hiding) => some(hiding).map((p) => `Yesterday I wrote to ${p.email}, our member ${p.id}; there was no answer yet, and we shall see.`).join('\n')),
  file('strings in a binary file', 'f.bin', (hiding) => Buffer.concat(some(hiding).flatMap((p) => [Buffer.from([0, 0, 0, 17, 255]), Buffer.from(p.email), Buffer.from([0, 1, 2, 0]), Buffer.from(p.id), Buffer.from([0, 255])]))),
]

const encoded: readonly Disguise[] = [
  file('base64 of addresses in cells', 'a.csv', columns({ token: (p) => Buffer.from(p.email).toString('base64'), plan: (p) => p.plan })),
  file('base64url of JSON in a log', 'b.log', (hiding) => some(hiding).map((p, row) => `10:00:${row} GET /confirm?t=${Buffer.from(JSON.stringify({ id: p.id, mail: p.email })).toString('base64url')} 200`).join('\n')),
  file('a table in base64, in lines, inside a text', 'c.txt', (hiding) => `As promised:\n\n${base64Lines(Buffer.from(csv(some(hiding))))}\n\nBye\n`),
  file('hexadecimal, as PostgreSQL exports bytes', 'd.csv', columns({ payload: (p) => `\\x${Buffer.from(p.email).toString('hex')}`, plan: (p) => p.plan })),
  file('percent signs in the queries of an access log', 'e.log', (hiding) => some(hiding).map((p, row) => `10.0.0.${row % 250} - - [15/Apr/2019:10:00:00 +0000] "GET /login?user=${encodeURIComponent(p.email)}&ref=${encodeURIComponent(p.id)} HTTP/1.1" 200 ${row}`).join('\n')),
  file('UTF-16 in a binary file', 'f.bin', (hiding) => Buffer.concat(some(hiding).flatMap((p) => [Buffer.from([0, 0, 0, 17, 255]), Buffer.from(p.email, 'utf16le'), Buffer.from([0, 0, 1, 2])]))),
]

const mailOf = (hiding: Hiding): string => [
  'From: Eli <eli@processor.example>', 'To: noa@processor.example', 'Subject: the list', 'Date: Mon, 15 Apr 2019 10:00:00 +0000', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="cut"', '',
  '--cut', 'Content-Type: text/plain', '', 'Here it is.', '--cut', 'Content-Type: application/octet-stream; name="list.bin"', 'Content-Transfer-Encoding: base64', '', base64Lines(gzipSync(csv(some(hiding)))), '--cut--', '',
].join('\r\n')

const packed: readonly Disguise[] = [
  file('gzip', 'a.gz', (hiding) => gzipSync(csv(some(hiding)))),
  file('zstd', 'b.zst', (hiding) => zstdCompressSync(csv(some(hiding)))),
  file('bzip2', 'c.bz2', (hiding) => through('bzip2', csv(some(hiding)))),
  file('xz', 'd.xz', (hiding) => through('xz', csv(some(hiding)))),
  file('zip', 'e.zip', (hiding) => zipped({ 'readme.txt': 'old things', 'data/people.csv': csv(some(hiding)) })),
  file('zip in tar in gzip', 'f.tgz', async (hiding) => gzipSync(await tarred({ 'notes.txt': 'see the archive', 'inner.zip': await zipped({ 'people.csv': csv(some(hiding)) }) }))),
  file('an attachment to a mail, gzip in base64', 'g.eml', mailOf),
  file('a mailbox', 'h.mbox', (hiding) => `From eli@processor.example Mon Apr 15 10:00:00 2019\n${mailOf(hiding).replaceAll('\r\n', '\n')}\nFrom noa@processor.example Mon Apr 15 11:00:00 2019\nFrom: noa@processor.example\nSubject: Re: the list\n\nThank you.\n`),
]

/** The smallest share of a place that is hidden in it: 0.001 %. */
const dilution = 100_000

/** Another client's table, with the hidden people spread evenly among its own. Written as a stream: it is by far the largest place. */
async function writeAmong({ hidden: people, folder, strangersMax }: Hiding): Promise<undefined> {
  const gap = Math.max(1, Math.min(dilution, Math.floor(strangersMax / people.length)))
  async function* lines(): AsyncGenerator<string> {
    yield delimited([], plainColumns)
    for (const [at, person] of people.entries()) {
      for (let from = 0; from < gap; from += 10_000) yield delimited(strangers(Math.min(10_000, gap - from), 20_000_000 + at * gap + from), plainColumns, { header: false })
      yield delimited([person], plainColumns, { header: false })
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(join(folder, 'a.csv')))
}

const hidden: readonly Disguise[] = [{ name: 'a few among another client\'s, 0.001 % where the place may be that large', found: 'rows', write: writeAmong }]

const key = Buffer.alloc(32, 7)
const encrypted = (text: string): string => {
  const cipher = createCipheriv('aes-256-ecb', key, null)
  return Buffer.concat([cipher.update(text), cipher.final()]).toString('base64')
}

const encryptedFile = (text: string): Buffer => {
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16, 3))
  return Buffer.concat([cipher.update(text), cipher.final()])
}

/** What no search by content can find; canaries are for that. */
const beyond: readonly Disguise[] = [
  file('salted sha256 of the address', 'a.csv', columns({ key: (p) => digest('sha256', `pepper${p.email}`) }), 'nothing'),
  file('encrypted addresses', 'b.csv', columns({ key: (p) => encrypted(p.email) }), 'nothing'),
  file('a file encrypted as a whole', 'd.bin', (hiding) => encryptedFile(csv(some(hiding))), 'nothing'),
  file('format-preserving tokens', 'c.csv', columns({ key: (p) => `${digest('sha256', `secret${p.id}`).replaceAll(/\D/g, '').slice(0, 9)}@token.example` }), 'nothing'),
]

export const disguises: Readonly<Record<string, readonly Disguise[]>> = { spelling, hashed, structured, dumped, encoded, packed, hidden, beyond }
