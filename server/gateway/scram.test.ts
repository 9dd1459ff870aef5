import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from './testing.ts'
import { clientFirst, finishClient, finishServer, makeVerifier, parseVerifier, saltOf, startServer, type Candidate } from './scram.ts'

fc.configureGlobal({ numRuns: propertyRuns })

// RFC 7677, section 3.
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const first = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO'
const serverFirst = `r=rOprNGfwEbeRWgbNEkqO${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
const final = `c=biws,r=rOprNGfwEbeRWgbNEkqO${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`
const signature = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

const candidate = (password: string, id = 'one'): Candidate => {
  const verifier = parseVerifier(makeVerifier(password, salt))
  if (verifier === undefined) throw new Error('unreadable')
  return { id, verifier }
}

function converse(text: string, password = 'pencil', clientOpens = first): ReturnType<typeof finishServer> {
  const started = startServer(clientOpens, { salt, iterations: 4096 }, serverNonce)
  return started === undefined ? { outcome: 'wrong' } : finishServer(started, text, [candidate(password)])
}

test('the server speaks as in RFC 7677', () => {
  expect(startServer(first, { salt, iterations: 4096 }, serverNonce)?.message).toBe(serverFirst)
  expect(converse(final)).toEqual({ outcome: 'proved', id: 'one', message: signature })
  expect(converse(final, 'pencils')).toEqual({ outcome: 'wrong' })
})

test('a verifier is written as PostgreSQL stores it', () => {
  expect(makeVerifier('pencil', salt)).toBe('SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
})

test('our client proves itself to our server, whatever the token', () => fc.assert(fc.property(fc.stringMatching(/^[\x21-\x7e]{1,40}$/), (token) => {
  const verifier = parseVerifier(makeVerifier(token, salt, 1))
  const started = startServer(clientFirst('abc'), { salt, iterations: 1 }, 'def')
  if (started === undefined || verifier === undefined) return false
  const answer = finishClient(started.message, token, 'abc')
  if (answer.outcome !== 'answered') return false
  const proof = finishServer(started, answer.message, [candidate('other', 'other'), { id: 'mine', verifier }])
  return proof.outcome === 'proved' && proof.id === 'mine' && proof.message === `v=${answer.serverSignature}`
})))

test('one changed character anywhere in the last message is refused', () => fc.assert(fc.property(fc.nat(final.length - 1), fc.constantFrom('A', 'b', ',', '=', '\0'), (at, other) => {
  fc.pre(final[at] !== other)
  return converse(final.slice(0, at) + other + final.slice(at + 1)).outcome === 'wrong'
})))

test.each(['p=tls-server-end-point,,n=,r=abc', 'n,a=admin,n=,r=abc', 'n,,n=,r=', 'n,,m=x,n=,r=abc', 'n,,n=,r=a b', '', 'n,,n=,r=abc,x=y'])('the opening %j is refused', (opening) => {
  expect(startServer(opening, { salt, iterations: 4096 }, 'def')).toBeUndefined()
})

test('the binding of the last message must be that of the first', () => {
  expect(converse(final, 'pencil', first.replace('n,,', 'y,,'))).toEqual({ outcome: 'wrong' })
})

test('nobody is proved where there are no tokens, by any proof', () => {
  const started = startServer(first, { salt, iterations: 4096 }, serverNonce)
  if (started === undefined) throw new Error('refused')
  expect(finishServer(started, final, [])).toEqual({ outcome: 'wrong' })
})

test('a client refuses a server that did not hear its nonce or asks for endless work', () => {
  expect(finishClient(serverFirst, 'pencil', 'other').outcome).toBe('malformed')
  expect(finishClient(serverFirst.replace('4096', '9000000'), 'pencil', 'rOprNGfwEbeRWgbNEkqO').outcome).toBe('malformed')
  expect(finishClient(`r=abc,s=${salt.toString('base64')},i=1`, 'pencil', 'abc').outcome).toBe('malformed')
})

test.each(['', 'md5abc', 'SCRAM-SHA-256$0:AAAA$x:y', 'SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$a:b'])('%j is no verifier', (text) => {
  expect(parseVerifier(text)).toBeUndefined()
})

test('the salt of a person is the same whether the person exists or not, and says nothing without the secret', () => {
  const secret = randomBytes(32)
  expect(saltOf(secret, 'noa')).toEqual(saltOf(secret, 'noa'))
  expect(saltOf(secret, 'noa')).not.toEqual(saltOf(secret, 'eli'))
  expect(saltOf(randomBytes(32), 'noa')).not.toEqual(saltOf(secret, 'noa'))
})

test.each(['', 'with space', 'ümlaut'])('%j is no token', (token) => {
  expect(() => makeVerifier(token, salt)).toThrow('printable ASCII')
})
