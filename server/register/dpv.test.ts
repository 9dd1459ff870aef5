import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { dpvOf } from './dpv.ts'
import { recordAll } from './testing.ts'

interface Processor { expand(document: object, options: { safe: boolean; documentLoader: (url: string) => Promise<never> }): Promise<object[]> }
const { expand } = createRequire(import.meta.url)('jsonld') as Processor

/** What we use of DPV 2.3 (2026-02-25), each name looked up there: classes, then properties. */
const vocabulary = new Set([
  'Consult', 'Copy', 'DataController', 'DataProcessor', 'DataProtectionOfficer', 'DataSubProcessor', 'Derive', 'Disclose', 'Erase', 'Modify', 'Process', 'Processing', 'ROPA', 'Representative', 'Retrieve',
  'TechnicalOrganisationalMeasure', 'ThirdCountry', 'Transfer',
  'hasAddress', 'hasContact', 'hasDataController', 'hasDataProcessor', 'hasDataProtectionOfficer', 'hasLocation', 'hasName', 'hasProcess', 'hasProcessing', 'hasRepresentative', 'hasTechnicalOrganisationalMeasure', 'hasThirdCountry',
].map((name) => `https://w3id.org/dpv#${name}`))

const terms = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(terms)
  if (typeof value === 'string') return value.startsWith('https://w3id.org/dpv#') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, one]) => [...terms(key), ...terms(one)]) : []
}
const expanded = (document: object): Promise<object[]> => expand(document, { safe: true, documentLoader: (url) => Promise.reject(new Error(`the document is whole, and asked for ${url}`)) })

test('a library of JSON-LD expands the register without fetching or dropping anything, and every term of DPV in it stands in DPV 2.3', async () => {
  const graph = await expanded(dpvOf([recordAll, { ...recordAll, transfers: { is: 'missing' }, measures: { is: 'none' } }]))
  expect(graph).toHaveLength(2)
  expect(graph[0]).toMatchObject({
    '@type': ['https://w3id.org/dpv#ROPA', 'urn:bailee:ns#Article30_2Record'], 'http://purl.org/dc/terms/date': [{ '@type': 'http://www.w3.org/2001/XMLSchema#date', '@value': '2019-04-15' }],
    'https://w3id.org/dpv#hasThirdCountry': [{ '@id': 'https://w3id.org/dpv/loc#IL' }, { '@id': 'https://w3id.org/dpv/loc#US' }],
  })
  const used = [...new Set(terms(graph))]
  expect(used.filter((term) => !vocabulary.has(term))).toEqual([])
  expect([...vocabulary].filter((term) => !used.includes(term))).toEqual([])
})

test('what no context explains is refused, not dropped', async () => {
  await expect(expanded({ ...dpvOf([recordAll]), unexplained: 'x' })).rejects.toThrow()
})
