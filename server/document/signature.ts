/** Room for a signature inside a PDF, and the signature in it (PAdES, ETSI EN 319 142-1). The whole file is signed but the signature itself. */
import { Broken } from '#kit/errors'
import { plain } from './pen.ts'
import type { Signing } from './types.ts'

/** A signature with its certificates; RSA with a chain of three takes some 6 KB. */
const signatureBytesMax = 16_384

const unknown = 9_999_999_999

/** Leaves room for a signature, whose field (which shows nothing) is on the last page. What is returned says, once the file has ended, where it begins. */
export function addSignature(file: PDFKit.PDFDocument, { name, reason, at }: Signing): () => number {
  const signature = file.ref({
    Type: 'Sig', Filter: 'Adobe.PPKLite', SubFilter: 'ETSI.CAdES.detached', ByteRange: [0, unknown, unknown, unknown], Contents: Buffer.alloc(signatureBytesMax),
    M: new Date(at * 1000), Name: literal(name), Reason: literal(reason),
  }) as PDFKit.PDFKitReference & { readonly offset: number }
  const page = file.page as unknown as { readonly dictionary: PDFKit.PDFKitReference; readonly annotations: unknown[] }
  const field = file.ref({ Type: 'Annot', Subtype: 'Widget', FT: 'Sig', T: literal('Signature'), V: signature, F: 132, Rect: [0, 0, 0, 0], P: page.dictionary })
  page.annotations.push(field)
  const form = file.ref({ SigFlags: 3, Fields: [field] })
  const { _root: root } = file as unknown as { readonly _root: { readonly data: Record<string, unknown> } }
  root.data['AcroForm'] = form
  for (const one of [signature, field, form]) one.end(undefined)
  Object.assign(file, { endAcroForm: () => file }) // the library would ask for the typefaces of a form that people fill in
  return () => signature.offset
}

/** Text, and not a name, to the library. */
const literal = (text: string): object => Object(plain(text)) as object

/** The file with the signature in the room that was left for it at `from`. */
export async function fillSignature(written: Uint8Array, from: number, { sign }: Signing): Promise<Uint8Array> {
  const file = Buffer.from(written)
  const open = file.indexOf(`/Contents <${'00'.repeat(8)}`, from) + '/Contents '.length
  const close = open + 2 * signatureBytesMax + 2
  const range = file.indexOf('/ByteRange [', from)
  const wide = `/ByteRange [0 ${unknown} ${unknown} ${unknown}]`
  if (open < from || range < from || file[close - 1] !== 0x3e || file.subarray(range, range + wide.length).toString() !== wide) throw new Broken('document/no-room', 'the room for a signature is not where it was left: the library that writes PDF changed')
  file.write(`/ByteRange [0 ${open} ${close} ${file.length - close}]`.padEnd(wide.length), range)
  const signature = await sign(Buffer.concat([file.subarray(0, open), file.subarray(close)]))
  if (signature.length > signatureBytesMax) throw new Broken('document/signature-length', `a signature of ${signature.length} bytes does not fit into ${signatureBytesMax}: give a shorter chain of certificates`)
  file.write(Buffer.from(signature).toString('hex'), open + 1)
  return file
}
