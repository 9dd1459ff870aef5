/** What a database's error says of the statement that it is about. */

/** What servers call the severity ERROR: in the language of their messages (`lc_messages`), and what they call it in every language (the field V of the protocol) is not among what `pg` tells. */
const words = new Set(['ERROR'])

/** Takes note of what a server calls an error that is certainly of severity ERROR: it refused a statement, and goes on. */
export function learnWord(refused: unknown): void {
  const { severity, code } = refused as { severity?: unknown; code?: unknown }
  if (typeof severity === 'string' && code === permissionDenied) words.add(severity)
}

const permissionDenied = '42501'

/** Has a connection speak English where its account may; where it may not, the refusal says what the server calls one. Nothing is asked of a server that speaks English already. */
export const speakEnglish = `select set_config('lc_messages', 'C', false) where current_setting('lc_messages') !~ '^(C|POSIX|en([_.@].*)?)$'`

/**
 * Whether the server refused a statement and goes on, so that certainly nothing of it was done: severity ERROR, with an SQLSTATE. One that ended the connection (FATAL) or the whole server (PANIC, which may come
 * behind the record of a commit), that says so (40003), or was lost (08, or no severity at all), may have done it.
 */
export function isRefusal(error: unknown): boolean {
  const { severity, code } = error as { severity?: string; code?: string }
  return severity !== undefined && words.has(severity) && /^(?!57P0|08|40003)[0-9A-Z]{5}$/.test(code ?? '')
}
