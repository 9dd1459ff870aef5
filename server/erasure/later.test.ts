import { expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { allFindings, sweep, takeFingerprints } from '#trace'
import { certify, confirmErasure, endContract, reviewCertificates, runErasure } from './index.ts'
import { createWorld, on } from './testing.ts'

const id = 'EXIT-deezer-2016'
const uid = '{ category: UID, identifies: true }'

test('a sweep that did not know a dataset yet shows nothing of when a copy of it was made: what its fingerprints find takes the earlier certificate back', async () => {
  let declared = ''
  const world = await createWorld({ change: (text) => (declared = text.replace(', fingerprints: { keep_until: 2023-12-01, instruction: INS-3 }', '')) })
  try {
    const people = (await world.run('crm', 'select * from crm.listener')).rows as Record<string, string>[]
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
    await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
    expect((await certify(world.context, id, on('2020-12-04'))).status).toBe('complete')

    // A new contract, one dataset of which is known at once; the other one's table comes later, and holds people of the first contract.
    declared = declared.replace('\ndatasets:', '\n  - { id: deezer-2021, controller: deezer, starts: 2021-01-01 }\ndatasets:\n' + `  - { id: visitors, controller: deezer, store: lab, tables: [{ table: public.visitor, subject: person, columns: { person: ${uid}, email: ${uid}, phone: ${uid} } }] }`)
    await applyEstate(world.ledger, readEstate(declared, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2021-01-01'))
    await world.run('crm', `insert into crm.listener select 'N-' || (90000 + i * 7), 'new' || i || '@listener.example', '+39 02 ' || (880000000 + i * 7919), 'free' from generate_series(1, 50) i`)
    await takeFingerprints(world.context, on('2021-01-02'))
    const old = people.map((row) => Object.values(row).slice(0, 3).join(','))
    const fresh = ((await world.run('crm', 'select user_id, email, phone from crm.listener')).rows as Record<string, string>[]).map((row) => Object.values(row).join(','))
    world.put('somebody.txt', 'nothing of anybody')
    await sweep(world.context, on('2021-01-03'))
    await world.run('lab', `create table public.visitor (person text, email text, phone text); insert into public.visitor values ${people.map((row) => `('${row['user_id']}', '${row['email']}', '${row['phone']}')`).join(', ')}`)
    await takeFingerprints(world.context, on('2021-01-04'))
    world.put('fresh.csv', `${fresh.join('\n')}\n`)
    await sweep(world.context, on('2021-01-05'))
    expect((await allFindings(world.ledger.database)).map(({ place }) => place)).toEqual(['fresh.csv'])
    expect(await reviewCertificates(world.ledger, on('2021-01-05')), 'the sweep before knew them, and had not found them').toEqual([])
    world.put('old.csv', `${old.join('\n')}\n`)
    await sweep(world.context, on('2021-01-06'))
    const made = (await allFindings(world.ledger.database)).find(({ place }) => place === 'old.csv')?.detail
    expect([made?.datasets, made?.made?.after]).toEqual([['visitors.0'], on('2021-01-05')])
    expect(await reviewCertificates(world.ledger, on('2021-01-06')), 'and so did the one before this').toEqual([])
    // As it would have been found by the sweep of the day on which its dataset was first known: the one before it knew nothing of these people.
    const [finding] = (await world.ledger.read(1, { types: ['finding.opened'] })).slice(-1)
    expect(finding).toBeDefined()
    await world.ledger.append({ slot: 1, type: 'finding.opened', at: on('2021-01-07'), parts: { evidence: { finding: 'F-early', controller: 'deezer', store: 'share', environment: 'test', place: 'earlier.csv', records: 300, rows: 300, reasons: [], detail: { datasets: ['visitors.0'], made: { after: on('2021-01-03'), by: on('2021-01-07') } } } } })
    expect(await reviewCertificates(world.ledger, on('2021-01-07'))).toEqual(['CRT-deezer-2016-1'])
  } finally {
    await world.close()
  }
}, 300_000)
