import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from '../testing.ts'
import { verbOf, type Verb } from './verb.ts'

test.each<[string, Verb]>([
  ['COMMIT', 'commits'], ['end', 'commits'], ['  commit work;', 'commits'], [';;\t;COMMIT AND CHAIN', 'commits'], ['-- why\nEnd', 'commits'], ['-- why\rEND', 'commits'], ['/* a /* b */ */commit', 'commits'], ['/**/-- x\n/* y */\fCOMMIT\0', 'commits'],
  ['PREPARE TRANSACTION \'a\'', 'commits'], ['prepare/* x */transaction\'a\'', 'commits'], ['PREPARE transactions AS SELECT 1', 'other'], ['PREPARE a AS SELECT 1', 'other'], ['PREPARE transaction$a AS SELECT 1', 'other'],
  ['CALL p()', 'calls'], ['call/**/p()', 'calls'], ['callable', 'other'], ['commits', 'other'], ['ENDED', 'other'],
  ['', 'other'], ['\0', 'other'], ['SELECT 1', 'other'], ['"commit"', 'other'], ['(COMMIT)', 'other'], ['-- COMMIT', 'other'], ['/* COMMIT', 'other'], ['ROLLBACK', 'other'], ['COMMIT\0 and what is behind the text', 'commits'],
])('%j: %s', (text, verb) => expect(verbOf(text, false)).toBe(verb))

test.each(['', '   ', '-- no end', '/* no end', ';', 'COMMI', '-', ';/', '/**/-', 'CALL', 'PREPARE ', 'PREPARE /* no end', 'PREPARE trans'])('%j, and more that is not seen, is not known', (text) => expect(verbOf(text, true)).toBe('unknown'))

test('however much stands before it, the word is found, or known not to be seen', () => fc.assert(fc.property(
  fc.array(fc.constantFrom(' ', '\n', ';', '\v', '-- CALL x\n', '--\r', '/* END */', '/* /* */ ; */', '/**/', '/*/**/*/'), { maxLength: 12 }), fc.constantFrom('COMMIT', 'CALL p()', 'SELECT 1'), fc.nat(80), (before, statement, cut) => {
    const text = before.join('') + statement
    const verb = verbOf(text, false)
    expect(verb).toBe(statement === 'COMMIT' ? 'commits' : statement === 'SELECT 1' ? 'other' : 'calls')
    expect(['unknown', verb]).toContain(verbOf(text.slice(0, cut), cut < text.length))
  },
), { numRuns: propertyRuns }))
