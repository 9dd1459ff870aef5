/**
 * Statements that run all the time and whose values are bytes already: planned once a connection, sent in one piece, answered with a count. Each step that a general statement takes on its way
 * (making its text, looking at every value, a description of columns that nobody reads) took longer than the database took to write a row.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import { poolOf, withoutValues, type Executor } from './connection.ts'
import { isRefusal } from './refusal.ts'

/** Values in PostgreSQL's binary forms, in the order of `$1`, `$2` and so on; the text says the type of each, or the function that it calls does. */
export interface Bound {
  readonly text: string
  readonly values: readonly Uint8Array[]
  /** Called when the last byte has left this process: of a large statement what the socket does not hold goes out only while this process rests, and the server waits for it. */
  readonly sent?: () => void
}

/** Runs it, and says how many rows it returned; of one that returns none, how many it wrote. Throws `pg.DatabaseError` without the values it was about. */
export async function runBound(executor: Executor, bound: Bound): Promise<number> {
  try {
    const pool = executor.isTransaction ? undefined : poolOf(executor)
    if (pool === undefined) {
      const answered = executor.executeQuery(CompiledQuery.raw(`/* prepared */ ${bound.text}`, [...bound.values]))
      if (bound.sent !== undefined) void nextTurn().then(bound.sent)
      const { rows, numAffectedRows } = await answered
      return rows.length > 0 ? rows.length : Number(numAffectedRows ?? 0)
    }
    const client = await pool.connect()
    let lost = false
    try {
      return await new Promise<number>((resolve, reject) => { client.query(new Sent(bound, resolve, reject)) })
    } catch (error) {
      lost = !isRefusal(error)
      throw error
    } finally {
      client.release(lost)
    }
  } catch (error) {
    throw withoutValues(error)
  }
}

const namesOfStatements = new Map<string, string>()

function nameOf(text: string): string {
  let name = namesOfStatements.get(text)
  if (name === undefined) namesOfStatements.set(text, name = `bailee_bound_${namesOfStatements.size}`)
  return name
}

/** What `pg` lets a statement of another making see of a connection: which names it has planned, and its socket. */
interface Connection {
  readonly stream: { readonly writable: boolean; write(bytes: Uint8Array, written: () => void): boolean }
  readonly parsedStatements: Readonly<Record<string, string>>
  readonly submittedNamedStatements: Record<string, string>
}

/** One statement on its way, as `pg.Client` drives it (`pg/lib/client.js`). */
class Sent implements pg.Submittable {
  readonly text: string
  readonly name: string
  readonly #bound: Bound
  readonly #resolve: (count: number) => void
  #reject: ((cause: unknown) => void) | undefined
  #count = 0

  constructor(bound: Bound, resolve: (count: number) => void, reject: (cause: unknown) => void) {
    this.text = bound.text
    this.name = nameOf(bound.text)
    this.#bound = bound
    this.#resolve = resolve
    this.#reject = reject
  }

  submit(given: pg.Connection): undefined {
    const connection = given as unknown as Connection
    const planned = connection.parsedStatements[this.name] !== undefined || connection.submittedNamedStatements[this.name] !== undefined
    if (!planned) connection.submittedNamedStatements[this.name] = this.text
    if (connection.stream.writable) connection.stream.write(messagesOf(this, this.#bound.values, planned), () => this.#bound.sent?.()) // one that is not will say so itself
  }

  // No columns are described, and none is read: of what comes, the last line of a statement alone says anything.
  handleRowDescription(): void { /* nobody asked */ }
  handleDataRow(): void { /* counted at the end */ }
  handlePortalSuspended(): void { /* no rows were asked for in parts */ }
  handleEmptyQuery(): void { /* not a statement of ours */ }

  /** `INSERT 0 5`, `SELECT 1`. */
  handleCommandComplete(message: { readonly text: string }): void {
    this.#count = Number(message.text.slice(message.text.lastIndexOf(' ') + 1))
  }

  handleError(cause: unknown): void {
    this.#reject?.(cause)
    this.#reject = undefined
  }

  handleReadyForQuery(): void {
    if (this.#reject !== undefined) this.#resolve(this.#count)
    this.#reject = undefined
  }
}

const [parse, bind, execute, sync] = [0x50, 0x42, 0x45, 0x53]
const headBytes = 5

/** Parse where it was not planned, Bind with binary values, Execute, Sync: PostgreSQL's message formats, one behind the other. */
function messagesOf({ text, name }: { readonly text: string; readonly name: string }, values: readonly Uint8Array[], planned: boolean): Buffer {
  const parseBytes = planned ? 0 : headBytes + name.length + 1 + Buffer.byteLength(text) + 1 + 2
  let bindBytes = headBytes + 1 + name.length + 1 + 4 + 2 + 2
  for (const value of values) bindBytes += 4 + value.length
  const message = Buffer.allocUnsafe(parseBytes + bindBytes + headBytes + 5 + headBytes)
  let at = 0
  const begin = (type: number, bytes: number): void => { at = message.writeInt32BE(bytes - 1, message.writeUInt8(type, at)) }
  const string = (value: string): void => { at = message.writeUInt8(0, at + message.write(value, at)) }
  const int16 = (value: number): void => { at = message.writeInt16BE(value, at) }
  if (!planned) {
    begin(parse, parseBytes)
    string(name)
    string(text)
    int16(0) // types as the text says them
  }
  begin(bind, bindBytes)
  string('')
  string(name)
  int16(1)
  int16(1) // all values in binary
  int16(values.length)
  for (const value of values) {
    at = message.writeInt32BE(value.length, at)
    message.set(value, at)
    at += value.length
  }
  int16(0)
  begin(execute, headBytes + 5)
  string('')
  at = message.writeInt32BE(0, at)
  begin(sync, headBytes)
  return message
}
