/** What a database's error says of the statement that it is about. */

/**
 * Whether the server refused a statement and goes on, so that certainly nothing of it was done: severity ERROR, with an SQLSTATE. One that ended the connection (FATAL) or the whole server (PANIC, which may come
 * behind the record of a commit), that says so (40003), or was lost (08, or no severity at all), may have done it.
 */
export function isRefusal(error: unknown): boolean {
  const { severity, code } = error as { severity?: string; code?: string }
  return severity === 'ERROR' && /^(?!57P0|08|40003)[0-9A-Z]{5}$/.test(code ?? '')
}
