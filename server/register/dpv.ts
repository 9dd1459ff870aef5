/** Records as JSON-LD in the terms of the W3C Data Privacy Vocabulary 2.3, with a context of our own in the document: nobody has to fetch one. */
import { jcs, type Json } from '#ledger'
import { formatDay } from '#kit/time'
import { checkRecord } from './check.ts'
import type { ContactRecord, NotNeeded, PartyRecord, RegisterRecord, Told } from './types.ts'

const context = {
  dpv: 'https://w3id.org/dpv#', loc: 'https://w3id.org/dpv/loc#', dct: 'http://purl.org/dc/terms/',
  xsd: 'http://www.w3.org/2001/XMLSchema#', bailee: 'urn:bailee:ns#', 'dct:date': { '@type': 'xsd:date' },
}

/** DPV's word for an operation of an instruction. */
const processing: Readonly<Record<string, string>> = { read: 'dpv:Consult', write: 'dpv:Modify', derive: 'dpv:Derive', copy: 'dpv:Copy', disclose: 'dpv:Disclose', return: 'dpv:Transfer', erase: 'dpv:Erase', search: 'dpv:Retrieve' }

/** One JSON-LD document: a graph with one record a controller. Nothing of the controller's purposes is claimed as the processor's own. */
export function dpvOf(records: readonly RegisterRecord[]): object {
  return { '@context': context, '@graph': records.map(recordOf) }
}

/** The same document in pieces, in the canonical form (RFC 8785): each record by itself. */
export function* dpvInPieces(records: readonly RegisterRecord[]): Generator<Uint8Array | string> {
  yield '{"@context":'
  yield jcs(context)
  yield ',"@graph":'
  yield* listInPieces(records, recordOf)
  yield '}'
}

/** A list in the canonical form, item by item. */
export function* listInPieces<Item>(items: Iterable<Item>, of: (item: Item) => object): Generator<Uint8Array | string> {
  let before = '['
  for (const item of items) {
    yield before
    yield jcs(of(item) as Json)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function recordOf(record: RegisterRecord): object {
  return {
    '@type': ['dpv:ROPA', 'bailee:Article30_2Record'],
    'dct:date': formatDay(record.asOf),
    'dpv:hasDataProcessor': { '@type': 'dpv:DataProcessor', ...partyOf(record.processor) },
    'dpv:hasDataController': { '@type': 'dpv:DataController', ...partyOf(record.controller), 'bailee:id': record.controller.id },
    'dpv:hasProcess': record.categories.map((one) => ({
      '@type': 'dpv:Process', 'dpv:hasProcessing': one.operations.map((name) => ({ '@type': processing[name] ?? 'dpv:Processing' })), 'bailee:coveredBy': one.instruction, 'bailee:instructionState': one.state,
      'bailee:environment': one.environments, ...(one.observed === undefined ? {} : { 'bailee:sessionsSeen': one.observed.sessions }),
    })),
    ...list('dpv:hasThirdCountry', record.transfers, (one) => ({ '@id': `loc:${one.country}`, '@type': 'dpv:ThirdCountry', ...(one.tool.is === 'told' ? { 'bailee:transferTool': one.tool.value } : { 'bailee:transferTool': 'missing' }), 'bailee:seen': one.seen })),
    ...list('dpv:hasTechnicalOrganisationalMeasure', record.measures, (one) => ({ '@type': 'dpv:TechnicalOrganisationalMeasure', 'bailee:heading': one.heading, 'dct:description': one.text })),
    ...list('bailee:hasSubProcessor', record.subProcessors, (one) => ({ '@type': 'dpv:DataSubProcessor', 'dpv:hasName': one.name, 'dpv:hasContact': one.contact, 'dpv:hasLocation': { '@id': `loc:${one.country}` } })),
    'bailee:missing': checkRecord(record).map(({ code }) => code),
  }
}

const list = <Item>(key: string, told: Told<readonly Item[]>, of: (item: Item) => object): object => (told.is === 'told' ? { [key]: told.value.map(of) } : { [`bailee:${key.slice(key.indexOf(':') + 1)}`]: told.is })

function partyOf(party: PartyRecord): object {
  const said = [party.email, party.telephone].flatMap((told) => (told.is === 'told' ? [told.value] : []))
  return {
    'dpv:hasName': party.name, 'dpv:hasLocation': { '@id': `loc:${party.country}` }, 'dpv:hasContact': said, ...(party.address.is === 'told' ? { 'dpv:hasAddress': party.address.value } : {}),
    ...contactOf('dpv:hasRepresentative', 'dpv:Representative', party.representative), ...contactOf('dpv:hasDataProtectionOfficer', 'dpv:DataProtectionOfficer', party.dpo),
  }
}

const contactOf = (key: string, type: string, told: Told<ContactRecord> | NotNeeded): object => (told.is === 'told' ? { [key]: { '@type': type, 'dpv:hasName': told.value.name, 'dpv:hasContact': told.value.contact } } : { [`bailee:${key.slice(4)}`]: told.is })
