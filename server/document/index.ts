/** Papers that people read and keep: pages of text and tables, what belongs to them attached, and room for a signature. Knows nothing of what they say. */
export { streamDocument, writeDocument, type TakeBytes } from './write.ts'
export type { Attachment, Block, Column, Language, PaperDocument, Signing } from './types.ts'
export { cmsSignature, type CmsSigner } from './cms.ts'
