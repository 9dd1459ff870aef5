/**
 * Who asks for what, from the startup packet: `user` is the person, `dbname` the store, `options` carry the instruction and, where
 * it has several purposes, the purpose (`contracts.md` 8). Closed by default: a parameter that is not on the list is refused with its
 * name, because one that is silently dropped hides a mistake, and one that is passed on may be a way out (`role`, `search_path`).
 */

export interface Identity {
  readonly person: string
  readonly store: string
  readonly instruction?: string
  readonly purpose?: string
  readonly application?: string
  /** What is passed on to the client database, by PostgreSQL's names. */
  readonly settings: Readonly<Record<string, string>>
}

export type Identification =
  | { readonly outcome: 'named'; readonly identity: Identity }
  | { readonly outcome: 'refused'; readonly because: string; readonly hint: string }

/** Settings of form only: how values are written. None changes what may be read. */
const settingNames = new Map([
  ['datestyle', 'DateStyle'], ['timezone', 'TimeZone'], ['extra_float_digits', 'extra_float_digits'],
  ['client_encoding', 'client_encoding'], ['intervalstyle', 'IntervalStyle'],
])

const settingBytesMax = 64 // the longest time zone name has 32
const identifier = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$/
const howToName = 'Connect with user=PERSON dbname=STORE options=\'-c bailee.instruction=INS-1\', or with user=PERSON+INS-1 where options cannot be sent.'

/** Reads the startup parameters of a connection; never throws. Text in a refusal names parameters, never their values. */
export function identify(parameters: ReadonlyMap<string, string>): Identification {
  const settings: Record<string, string> = {}
  let application: string | undefined
  for (const [name, value] of parameters) {
    const lower = name.toLowerCase()
    if (lower === 'user' || lower === 'database' || lower === 'options') continue
    if (lower === 'replication') return refused('Replication is not let through: it would carry whole tables.', 'Ask for a transfer instead.')
    const setting = settingNames.get(lower)
    if (lower === 'application_name') application = value.slice(0, settingBytesMax)
    else if (setting === undefined) return refused(`The startup parameter "${shown(name)}" is not let through.`, `These are: application_name, ${[...settingNames.values()].join(', ')}.`)
    else if (value.length > settingBytesMax) return refused(`The startup parameter "${setting}" is longer than ${settingBytesMax} characters.`, 'Use a shorter value.')
    else settings[setting] = value
  }
  return named(parameters, settings, application)
}

function named(parameters: ReadonlyMap<string, string>, settings: Readonly<Record<string, string>>, application: string | undefined): Identification {
  const options = parseOptions(parameters.get('options') ?? '')
  if (typeof options === 'string') return refused(options, howToName)
  const [person = '', ...rest] = (parameters.get('user') ?? '').split('+')
  if (rest.length > 2) return refused('The user name has too many parts.', howToName)
  const [userInstruction, userPurpose] = rest
  const store = parameters.get('database') ?? ''
  if (!identifier.test(person)) return refused('The user name does not name a person.', howToName)
  if (!identifier.test(store)) return refused('The database name does not name a store.', howToName)
  const instruction = agreed(options.get('bailee.instruction'), userInstruction)
  const purpose = agreed(options.get('bailee.purpose'), userPurpose)
  if (instruction === 'two') return refused('User name and options name two different instructions.', howToName)
  if (purpose === 'two') return refused('User name and options name two different purposes.', howToName)
  if (instruction !== undefined && !identifier.test(instruction.is)) return refused('The instruction is not written as an id.', howToName)
  if (purpose !== undefined && !identifier.test(purpose.is)) return refused('The purpose is not written as an id.', howToName)
  return {
    outcome: 'named',
    identity: {
      person, store, settings,
      ...(instruction === undefined ? {} : { instruction: instruction.is }),
      ...(purpose === undefined ? {} : { purpose: purpose.is }),
      ...(application === undefined ? {} : { application }),
    },
  }
}

function agreed(one: string | undefined, other: string | undefined): { is: string } | 'two' | undefined {
  if (one !== undefined && other !== undefined && one !== other) return 'two'
  const is = one ?? other
  return is === undefined ? undefined : { is }
}

/**
 * Reads `options` as PostgreSQL does: words separated by spaces, a backslash takes the next character as it is; `-c name=value`,
 * `-cname=value` and `--name=value`, where a dash in a name stands for an underscore. Only `bailee.instruction` and
 * `bailee.purpose`, each once; the answer is otherwise a sentence that says what is wrong.
 */
export function parseOptions(text: string): Map<string, string> | string {
  const words = splitWords(text)
  const found = new Map<string, string>()
  for (let index = 0; index < words.length; index += 1) {
    let word = words[index] ?? ''
    if (word === '-c') {
      index += 1
      const next = words[index]
      if (next === undefined) return 'The options end after -c.'
      word = next
    } else if (word.startsWith('--')) word = word.slice(2)
    else if (word.startsWith('-c')) word = word.slice(2)
    else return `The option "${shown(word.split('=')[0] ?? '')}" is not let through.`
    const equals = word.indexOf('=')
    const name = (equals === -1 ? word : word.slice(0, equals)).replaceAll('-', '_').toLowerCase()
    if (name !== 'bailee.instruction' && name !== 'bailee.purpose') return `The option "${shown(name)}" is not let through: only bailee.instruction and bailee.purpose are.`
    if (equals === -1) return `The option ${name} has no value.`
    if (found.has(name)) return `The option ${name} is given twice.`
    found.set(name, word.slice(equals + 1))
  }
  return found
}

function splitWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? ''
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (character === '\\') {
      index += 1
      word = (word ?? '') + (text[index] ?? '')
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  return words
}

/** A parameter's name as it may be repeated to whoever sent it. */
function shown(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '?').slice(0, 63)
}

function refused(because: string, hint: string): Identification {
  return { outcome: 'refused', because, hint }
}
