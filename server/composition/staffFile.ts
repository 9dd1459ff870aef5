/** People in a CSV file, against those who are here: who joins, who moves, who leaves. Pure. */
import type { Person } from '#people'
import { Misuse } from '#kit/errors'

export interface StaffPlan {
  readonly joiners: readonly Omit<Person, 'leftAt'>[]
  /** Another role, for a second person to confirm. */
  readonly movers: readonly { readonly person: string; readonly role: string }[]
  /** Here, and not in the file. */
  readonly leavers: readonly string[]
  /** Another name or contact: ids. Said, not changed. */
  readonly renamed: readonly string[]
}

/** Lines of a file that is read whole: a firm, not a directory of customers. */
const linesMax = 50_000

const fields = ['id', 'name', 'contact', 'role'] as const

/** Splits a line of CSV (RFC 4180; a field does not go over lines); undefined where quotes do not close. */
function split(line: string, separator: string): string[] | undefined {
  const found: string[] = []
  let [field, quoted] = ['', false]
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? ''
    if (quoted && letter === '"' && line[at + 1] === '"') { field += '"'; at += 1 } else if (letter === '"' && (quoted || field === '')) quoted = !quoted
    else if (letter === separator && !quoted) { found.push(field); field = '' } else field += letter
  }
  return quoted ? undefined : [...found, field]
}

/** Reads a file with a line of headings, `id,name,contact,role`, comma or semicolon. Throws `Misuse` that names bad lines by number, and never what is in them. */
export function readStaff(text: string): Omit<Person, 'leftAt'>[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (lines.length > linesMax) throw new Misuse(`the file has more than ${linesMax} lines`)
  const separator = (lines[0] ?? '').includes(';') ? ';' : ','
  const heads = split(lines[0] ?? '', separator)?.map((head) => head.trim().toLowerCase()) ?? []
  const lacking = fields.filter((field) => !heads.includes(field))
  if (lacking.length > 0) throw new Misuse(`line 1 is to name the columns id, name, contact, role; it lacks: ${lacking.join(', ')}`)
  const problems: string[] = []
  const people = new Map<string, Omit<Person, 'leftAt'>>()
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue
    const cells = split(line, separator)
    const problem = (says: string): void => { problems.push(`line ${index + 1}: ${says}`) }
    if (cells?.length !== heads.length) { problem('not as many fields as line 1'); continue }
    const [id = '', name = '', contact = '', role = ''] = fields.map((field) => (cells[heads.indexOf(field)] ?? '').trim())
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(id)) problem('the id is not letters, digits, dot, dash or underscore')
    else if (people.has(id)) problem('an id that stands above')
    else if ([name, contact, role].some((value) => value === '' || value.length > 10_000)) problem('name, contact or role is empty')
    else people.set(id, { id, name, contact, role })
  }
  if (problems.length > 0) throw new Misuse(problems)
  if (people.size === 0) throw new Misuse('the file names nobody; that would end everybody\'s access')
  return [...people.values()]
}

/** What a file would change. */
export function planStaff(file: readonly Omit<Person, 'leftAt'>[], known: readonly Person[]): StaffPlan {
  const here = new Map(known.filter(({ leftAt }) => leftAt === undefined).map((person) => [person.id, person]))
  const named = new Set(file.map(({ id }) => id))
  const both = file.flatMap((person) => { const before = here.get(person.id); return before === undefined ? [] : [{ person, before }] })
  return {
    joiners: file.filter(({ id }) => !here.has(id)),
    movers: both.filter(({ person, before }) => person.role !== before.role).map(({ person: { id, role } }) => ({ person: id, role })),
    leavers: [...here.keys()].filter((id) => !named.has(id)),
    renamed: both.filter(({ person, before }) => person.name !== before.name || person.contact !== before.contact).map(({ person }) => person.id),
  }
}
