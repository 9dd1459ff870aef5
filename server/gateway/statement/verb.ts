/** How a statement begins, read as PostgreSQL reads it up to the end of its second word: nothing else of SQL is read here. Pure. */

/** White space, a semicolon before it, and comments: one to the end of its line, the other nested. The end of what stands before the next word; undefined: it does not end here. */
function wordAt(text: string, from: number): number | undefined {
  let at = from
  for (;;) {
    while (at < text.length && ' \t\n\r\f\v;'.includes(text[at] ?? '')) at += 1
    if (text.startsWith('--', at)) {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1
    } else if (text.startsWith('/*', at)) {
      const end = commentEnd(text, at)
      if (end === undefined) return undefined
      at = end
    } else return at
  }
}

/** Where a comment that begins at `from` ends; undefined when it does not. */
export function commentEnd(text: string, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < text.length - 1; at += 1) {
    const two = text.slice(at, at + 2)
    if (two !== '/*' && two !== '*/') continue
    depth += two === '/*' ? 1 : -1
    at += 1
    if (depth === 0) return at + 1
  }
  return undefined
}

/** What matters of a statement before it runs: whether it ends a transaction, keeping what was done; whether it is a CALL, which may do that itself. `unknown`: its first words are not all here. */
export type Verb = 'commits' | 'calls' | 'other' | 'unknown'

/** `text` as it was sent, in Latin-1; `cut`: there is more of it. */
export function verbOf(text: string, cut: boolean): Verb {
  const whole = text.replace(/\0[^]*$/, '')
  const more = cut && whole.length === text.length
  const from = wordAt(whole, 0)
  if (from === undefined) return more ? 'unknown' : 'other' // an endless comment is refused
  const first = /^[A-Za-z]*/.exec(whole.slice(from))?.[0].toLowerCase() ?? ''
  if (more && /^(?:-|\/|[A-Za-z]*)$/.test(whole.slice(from))) return 'unknown' // half a word, or half of what begins a comment
  if (first === 'commit' || first === 'end') return 'commits'
  if (first === 'call') return 'calls'
  if (first !== 'prepare') return 'other'
  const second = wordAt(whole, from + first.length)
  const rest = second === undefined ? '' : whole.slice(second)
  if (more && (second === undefined || rest.length < 'transaction '.length)) return 'unknown'
  return /^transaction(?![\w$\u0080-\uffff])/i.test(rest) ? 'commits' : 'other'
}
