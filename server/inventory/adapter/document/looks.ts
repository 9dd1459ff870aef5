/** Kinds of text, told from how they begin. Pure: the first characters in, a verdict out; what looks like none of them is read as it stands. */

/** HTML or XML: a declaration, a comment or an element, and something that closes. */
export function looksLikeMarkup(text: string): boolean {
  return /^<(!doctype\s|\?xml\s|!--|[a-z_][\w:.-]*(\s+[\w:.-]+)*\s*(=|\/?>))/i.test(text) && /<\/[a-z_]|\/>|<!doctype/i.test(text)
}

// At least one of them stands in every mail; words before a colon stand in many texts.
const mailHeaders = /^(from|to|subject|date|received|return-path|message-id|mime-version|delivered-to|dkim-signature|content-type):/i

const headerLine = /^[\x21-\x39\x3b-\x7e]+:/

/** A message as RFC 5322 has it: header lines, two of them a mail's, up to an empty line. Line by line: one expression for all of them takes time without end. */
export function looksLikeMail(text: string): boolean {
  let known = 0
  for (const [number, line] of text.slice(0, 32_768).split('\n').entries()) {
    if (line === '' || line === '\r') return known >= 2
    if (number > 0 && /^[ \t]/.test(line)) continue
    if (!headerLine.test(line)) return false
    if (mailHeaders.test(line)) known += 1
  }
  return false
}

/** Messages in one file, each behind a line that begins with `From ` (RFC 4155). */
export function looksLikeMailbox(text: string): boolean {
  const first = /^From \S.*\r?\n/.exec(text)?.[0]
  return first !== undefined && /^(>?From |[\x21-\x39\x3b-\x7e]+:)/.test(text.slice(first.length))
}

/** The beginning of a Jupyter notebook. */
export function looksLikeNotebook(text: string): boolean {
  return text.startsWith('{') && /"cells"\s*:\s*\[/.test(text) && /"cell_type"\s*:\s*"/.test(text)
}

/** A script that fills tables: what the dump programs write at the beginning, or statements that make and fill tables. */
export function looksLikeDump(text: string): boolean {
  const start = text.slice(0, 16_384)
  return /^-- (PostgreSQL database (cluster )?dump|MySQL dump|MariaDB dump|phpMyAdmin SQL Dump)/m.test(start) || /^(PRAGMA foreign_keys\s*=|\/\*!\d{5} SET )/m.test(start)
    || fillsTable(start)
    || (/^[^\S\n\r\u2028\u2029]*create\s+table\s/im.test(start) && /;\s*$/m.test(start))
}

const filling = /[ \t\v\f\r]*(insert\s+into|copy)\s+(?=\S)/iy
const named = /^[^\s(]+(?:\s*\([^\n]*\))?\s+from\s+stdin/i

/** Whether a line begins a statement that fills a table. Line by line, as above: one expression for all of them takes the cube of their length. */
function fillsTable(text: string): boolean {
  for (let line = 0; line < text.length; ) {
    const feed = text.indexOf('\n', line)
    filling.lastIndex = line
    const word = filling.exec(text)?.[1]
    if (word !== undefined) {
      const statement = text.slice(filling.lastIndex)
      if (word.toLowerCase() === 'copy' ? named.test(statement) : /.\bvalues\b/i.test(statement.split('\n', 1)[0]!)) return true
    }
    if (feed < 0) return false
    line = feed + 1
  }
  return false
}
