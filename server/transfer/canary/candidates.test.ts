import fc from 'fast-check'
import { expect, test } from 'vitest'
import { candidatesIn } from './candidates.ts'

const telling = { domains: ['example.com', 'mail.acme.example'], beginnings: ['+999', '+390'] }
/** The same by patterns over the whole text, one for each kind. */
const patterns = [
  /[0-9a-f]{32}@pseudonym[.]example|(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])|(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/gi,
  /[a-z0-9._%+-]{1,64}@(?:example[.]com|mail[.]acme[.]example)(?![a-z0-9-]|[.][a-z0-9])/gi, /\+(?:999|390)\d{5,12}/g,
]

const hexadecimal = (length: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: length, maxLength: length })
const piece = fc.oneof(
  hexadecimal(32), hexadecimal(31), hexadecimal(33), hexadecimal(32).map((code) => `${code}@pseudonym.example`), hexadecimal(40).map((code) => `${code}@PSEUDONYM.example`), fc.uuid(), fc.uuid().map((one) => `a${one}`),
  fc.constantFrom('ann.lee4711@example.com', 'Ann@EXAMPLE.com', 'x@example.company', 'x@example.com.it', 'x@example.com.', '@example.com', `${'y'.repeat(70)}@mail.acme.example`, '+39021234567', '+9991234567890123', '+399123', '+4915112345678'),
  fc.string({ maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('-', '--', ' ', ',', '"', '\n', 'é', '\u0000', '-'.repeat(200), 'f'.repeat(500)),
)

test('bytes tell the same as patterns over the text of them, wherever they are cut', () => {
  fc.assert(fc.property(fc.array(fc.tuple(piece, fc.constantFrom('\n', ',', '-', ';', '"')), { maxLength: 30 }), fc.array(fc.nat(700), { maxLength: 8 }), (written, cuts) => {
    const text = written.flat().join('').toWellFormed()
    const bytes = Buffer.from(text)
    const found: string[] = []
    const reader = candidatesIn(telling, (value) => { found.push(value) })
    let from = 0
    for (const cut of cuts) {
      const more = Buffer.from(bytes.subarray(from, from + cut))
      reader.feed(more)
      more.fill(0x61) // whoever hands them over may use them again
      from += cut
    }
    reader.feed(bytes.subarray(from))
    reader.end()
    expect(found.sort()).toEqual(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([value]) => value)).sort())
  }), { numRuns: 2_000 })
})

test('tokens that stand beside each other in a long run are each told once', () => {
  const tokens = Array.from({ length: 400 }, (_, number) => number.toString(16).padStart(32, '0'))
  const bytes = Buffer.from(tokens.join('-'))
  const found: string[] = []
  const reader = candidatesIn({ domains: [], beginnings: [] }, (value) => { found.push(value) })
  for (let from = 0; from < bytes.length; from += 97) reader.feed(bytes.subarray(from, from + 97))
  reader.end()
  expect(found).toEqual(tokens)
})
