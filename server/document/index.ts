/** Papers that people read and keep: pages of text and tables, what belongs to them attached, and room for a signature. Knows nothing of what they say. */
export { streamDocument, writeDocument, type TakeBytes } from './write.ts'
export type { Attachment, Block, Column, Language, PaperDocument, Signing } from './types.ts'
import type * as cms from './cms.ts'
export type { CmsSigner } from './cms.ts'

/** See there; loaded when used: most commands sign no pages. */
export const cmsSignature = async (...given: Parameters<typeof cms.cmsSignature>): Promise<Uint8Array> => (await import('./cms.ts')).cmsSignature(...given)
