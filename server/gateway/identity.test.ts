import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from './testing.ts'
import { identify, parseOptions } from './identity.ts'

fc.configureGlobal({ numRuns: propertyRuns })

const start = (parameters: Record<string, string>): ReturnType<typeof identify> => identify(new Map(Object.entries({ user: 'noa', database: 'crm', ...parameters })))

test('person, store, instruction and purpose, from options in every form that PostgreSQL reads', () => {
  for (const options of [
    '-c bailee.instruction=INS-1 -c bailee.purpose=Marketing', '-cbailee.instruction=INS-1 -cbailee.purpose=Marketing', '--bailee.instruction=INS-1 --bailee.purpose=Marketing',
    '  -c\tBAILEE.instruction=INS-1   --bailee.purpose=Marke\\ting ',
  ]) expect(start({ options })).toMatchObject({ outcome: 'named', identity: { person: 'noa', store: 'crm', instruction: 'INS-1', purpose: 'Marketing' } })
})

test('from the user name, alone or in agreement with the options', () => {
  expect(start({ user: 'noa+INS-1' })).toMatchObject({ identity: { person: 'noa', instruction: 'INS-1' } })
  expect(start({ user: 'noa+INS-1', options: '-c bailee.instruction=INS-1' })).toMatchObject({ identity: { instruction: 'INS-1' } })
  expect(start({ user: 'noa+INS-1', options: '-c bailee.instruction=INS-2' })).toMatchObject({ outcome: 'refused' })
})

test('settings of form are passed on under their own names, and nothing else is', () => {
  expect(start({ datestyle: 'ISO', timezone: 'UTC', application_name: 'psql' })).toMatchObject({ identity: { settings: { DateStyle: 'ISO', TimeZone: 'UTC' }, application: 'psql' } })
})

test.each(['search_path', 'role', 'session_authorization', 'replication', 'statement_timeout', 'ROLE', 'constructor', '__proto__'])('the startup parameter %s is refused by name', (name) => {
  expect(identify(new Map([['user', 'noa'], ['database', 'crm'], [name, 'x']]))).toMatchObject({ outcome: 'refused' })
})

test.each(['-c role=postgres', '--role=postgres', '-c', '-c bailee.instruction', '-c bailee.instruction=A -c bailee.instruction=A', '-d 5', 'bailee.instruction=A', '-c bailee.other=1', '-c\\ bailee.instruction=A'])('the options %j are refused', (options) => {
  expect(typeof parseOptions(options)).toBe('string')
})

test('a value with spaces survives its backslashes', () => fc.assert(fc.property(fc.stringMatching(/^[\x20-\x7e]*$/), (value) => {
  const escaped = value.replace(/[\\\s]/g, (character) => `\\${character}`)
  const options = parseOptions(`-c bailee.instruction=${escaped}`)
  return typeof options !== 'string' && options.get('bailee.instruction') === value
})))

test('a refusal never repeats a value', () => fc.assert(fc.property(fc.stringMatching(/^[a-z]{8,12}$/), (value) => {
  const answers = [start({ role: value }), start({ options: `-c role=${value}` }), start({ options: `-c bailee.instruction=${value}!` }), start({ database: `${value} ` })]
  return answers.every((answer) => answer.outcome === 'refused' && !`${answer.because}${answer.hint}`.includes(value))
})))
