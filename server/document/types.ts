import type { Instant } from '#kit/time'

export type Language = 'en' | 'fr'

/** One column of a table; `share` is its part of the width beside the others' (1 when not given). */
export interface Column { readonly title: string; readonly share?: number }

/** What stands on the pages, from top to bottom. Every text may hold line breaks; none is ever cut off. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string; readonly tone?: 'strong' | 'small' }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [name: string, value: string])[] }
  /** Its header row is repeated on every page; a row has as many cells as there are columns. With no row, `none` stands in its place. */
  | { readonly kind: 'table'; readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[]; readonly none?: string }

/** A file inside the document. `relationship` as PDF has it: `Source` is what the pages were made from. */
export interface Attachment {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly description?: string
  readonly relationship?: 'Source' | 'Data' | 'Alternative' | 'Supplement' | 'Unspecified'
}

/** Who signs, as viewers show it. `sign` gets all bytes but those of the signature itself, and returns a detached CMS signature of them (DER). */
export interface Signing {
  readonly name: string
  readonly reason: string
  readonly at: Instant
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** A document to be written. The same content gives the same bytes. */
export interface PaperDocument {
  /** Tells this document from every other; it stands in the file and makes its identifier. */
  readonly id: string
  readonly title: string
  readonly language: Language
  /** Who answers for it. */
  readonly author: string
  readonly at: Instant
  /** Asked for one by one. */
  readonly blocks: Iterable<Block>
  /** Stands at the top of every page, so that no page can be read without it: a draft, a statement that does not hold any more. */
  readonly warning?: string
  /** At the foot of every page, before the page's number; the title when not given. */
  readonly foot?: string
  readonly attachments?: readonly Attachment[]
  readonly signing?: Signing
}
