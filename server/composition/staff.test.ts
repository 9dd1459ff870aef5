import { generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acceptInstruction, allGrants, allReviews, answerReview, approveGrant, confirmReview, openEmergency, proposeGrant, reviewEmergency, settleReviews, unreviewedEmergencies } from '#instruction'
import { allPeople, commit, liveTokens, recordToken, standings } from '#people'
import { day, machineClock } from '#kit/time'
import { applyEstate, readEstate } from '#estate'
import { rawPublicKey } from '#ledger'
import { changed, smallEstate } from '../estate/testing.ts'
import { confirmMove, holdingsOf, join, lastUses, leave, planStaff, proposeMove, readStaff, refuseMove } from './index.ts'
import { begun, keep, months, type Kept } from './testing.ts'

// Obligations of Art. 28(3)(b), 29 and 32(4) about people, each refused and passing, over a real ledger.

const roles = `people:
  - { id: eli, name: Eli, contact: eli@processor.example, role: engineer }
  - { id: mia, name: Mia, contact: mia@processor.example, role: analyst }`
const withRoles = `${changed('people:', roles, smallEstate)}roles:
  - { id: analyst, operations: "*", purposes: "*" }
  - { id: engineer, operations: [erase], purposes: "*" }
  - { id: marketer, operations: [read, derive], purposes: [Marketing] }
`
let kept: Kept
beforeAll(async () => {
  kept = await keep()
  await applyEstate(kept.ledger, readEstate(withRoles, 'bailee.yaml'), { checked: [], unchecked: [] }, begun)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  await acceptInstruction(kept.ledger, { instruction: 'INS-1', signatory: 'C. Martin', key: { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (bytes) => sign(null, bytes, privateKey) } }, begun)
  for (const person of ['noa', 'mia', 'eli']) await granted(person, begun + day)
})
afterAll(async () => { await kept.green(); await kept.close() })

const until = Date.UTC(2020, 11, 1) / 1000
async function granted(person: string, at: number, end = until): Promise<string> {
  const { id, state } = await proposeGrant(kept.ledger, { person, instruction: 'INS-1', until: end }, at)
  if (state === 'proposed') await approveGrant(kept.ledger, { grant: id, by: 'dana' }, at)
  return id
}
const grantOf = async (id: string) => (await allGrants(kept.ledger.database)).find((grant) => grant.id === id)
const ofPerson = (person: string): string => `${person}-INS-1-2020-12-01`

describe('a change of role', () => {
  const at = begun + 2 * day
  test('to a role that covers the instruction keeps the grant', async () => {
    expect((await proposeMove(kept.ledger, { person: 'noa', role: 'marketer', by: 'dana' }, at)).ends).toEqual([])
    expect((await confirmMove(kept.ledger, { person: 'noa', by: 'eli' }, at)).move.to).toBe('marketer')
    expect((await grantOf(ofPerson('noa')))?.state).toBe('approved')
  })
  test('is confirmed by a second person: not by whom it moves, not by who proposed it', async () => {
    const { ends } = await proposeMove(kept.ledger, { person: 'noa', role: 'engineer', by: 'dana' }, at + 1)
    expect(ends.map(({ id }) => id)).toEqual([ofPerson('noa')])
    for (const by of ['noa', 'dana']) await expect(confirmMove(kept.ledger, { person: 'noa', by }, at + 2)).rejects.toMatchObject({ code: 'people/second-person' })
    await expect(proposeMove(kept.ledger, { person: 'noa', role: 'analyst', by: 'dana' }, at + 2)).rejects.toMatchObject({ code: 'people/move-open' })
    expect((await grantOf(ofPerson('noa')))?.state).toBe('approved')
  })
  test('that would end other grants than were shown is refused, and so is one that a second person refuses', async () => {
    const later = await granted('noa', at + 3, until - day)
    await expect(confirmMove(kept.ledger, { person: 'noa', by: 'eli' }, at + 4)).rejects.toMatchObject({ code: 'people/move-changed' })
    await refuseMove(kept.ledger, { person: 'noa', by: 'eli' }, at + 5)
    await proposeMove(kept.ledger, { person: 'noa', role: 'no-such-role', by: 'dana' }, at + 6)
    expect((await confirmMove(kept.ledger, { person: 'noa', by: 'eli' }, at + 7)).ended.map(({ id }) => id)).toEqual([ofPerson('noa'), later].sort())
    expect((await grantOf(later))?.state).toBe('revoked')
  })
  test('is in no log of a controller by name, and names no grant in the common log', async () => {
    const common = (await kept.ledger.read(0)).filter(({ type }) => /^people[.]mov/.test(type))
    expect(common.length).toBeGreaterThan(3)
    expect(JSON.stringify(common)).not.toContain('INS-1')
  })
})

describe('leaving', () => {
  const at = begun + 10 * day
  test('shows and ends grants and tokens at once; who comes back holds nothing and must sign again', async () => {
    await commit(kept.ledger, 'mia', begun)
    await recordToken(kept.ledger, { id: 't-mia', person: 'mia', verifier: 'v', expiresAt: machineClock() + 3_600 }, at)
    const held = await leave(kept.ledger, { person: 'mia', by: 'dana' }, at)
    expect(held.map(({ what, id }) => [what, id])).toEqual([['grant', ofPerson('mia')], ['token', 't-mia']])
    await expect(leave(kept.ledger, { person: 'mia', by: 'dana' }, at)).rejects.toThrow(/mia has left/)
    await join(kept.ledger, { id: 'mia', name: 'Mia', contact: 'mia@processor.example', role: 'analyst' }, at + day)
    expect(await holdingsOf(kept.ledger, 'mia', at + day)).toEqual([])
    expect(await liveTokens(kept.ledger.database, 'mia', machineClock())).toEqual([])
    expect((await standings(kept.ledger.database)).get('mia')).not.toHaveProperty('committedAt')
  })
  test('what else a person holds ends in the same transaction', async () => {
    await join(kept.ledger, { id: 'tom', name: 'Tom', contact: 'tom@processor.example', role: 'analyst' }, at)
    const failing = { held: () => Promise.resolve([{ what: 'account', id: 'tom', detail: 'of the portal' }]), closing: () => Promise.resolve([{ slot: 0, type: 'people.unheard_of', at, parts: { evidence: {} } }]) }
    await expect(leave(kept.ledger, { person: 'tom', by: 'dana' }, at, [failing])).rejects.toMatchObject({ code: 'people/unknown-entry' })
    expect((await allPeople(kept.ledger.database)).find(({ id }) => id === 'tom')).not.toHaveProperty('leftAt')
    expect(await leave(kept.ledger, { person: 'tom', by: 'dana' }, at, [{ held: failing.held }])).toMatchObject([{ what: 'account' }])
  })
  test('a file that still names who left brings nobody back', async () => {
    const named = `people:\n  - { id: tom, name: Tom T., contact: tom@processor.example, role: analyst }`
    const { changes, kept: said } = await applyEstate(kept.ledger, readEstate(changed('people:', named, smallEstate.replace('role: analyst }\n  - { id: dana', 'role: no-such-role }\n  - { id: dana')), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
    expect(changes.map(({ id }) => id)).not.toContain('tom')
    expect(said).toContain('person tom (left; bailee people join lets them in again)')
  })
})

describe('a review', () => {
  const opens = months(3) + day // the second quarter of 2017
  test('opens by itself when the quarter begins, once, with who has what and when it was last used', async () => {
    const live = await granted('noa', begun + 20 * day, until + day)
    const uses = await lastUses(kept.ledger)
    const { opened } = await settleReviews(kept.ledger, uses, opens)
    expect(opened.map(({ id, items }) => [id, items.map(({ grant, lastUsedAt }) => [grant, lastUsedAt])])).toEqual([['2017Q2-acme', [[ofPerson('eli'), undefined], [live, months(11)]]]])
    expect((await settleReviews(kept.ledger, uses, opens + day)).opened).toEqual([])
  })
  const about = { review: '2017Q2-acme', grant: ofPerson('eli') }
  test('nobody answers for themselves, nor confirms their own answer; what a second person confirms is done', async () => {
    await expect(answerReview(kept.ledger, { ...about, answer: 'keep', reason: 'needed', by: 'eli' }, opens)).rejects.toMatchObject({ code: 'review/answer' })
    await answerReview(kept.ledger, { ...about, answer: 'revoke', reason: 'moved on', by: 'dana' }, opens)
    for (const by of ['dana', 'eli']) await expect(confirmReview(kept.ledger, { ...about, by }, opens)).rejects.toMatchObject({ code: 'review/confirm' })
    expect((await grantOf(about.grant))?.state).toBe('approved')
    await confirmReview(kept.ledger, { ...about, by: 'mia' }, opens)
    expect((await grantOf(about.grant))?.state).toBe('revoked')
  })
  test('what is not kept and confirmed by its end is revoked, and not a second before', async () => {
    const [review] = await allReviews(kept.ledger.database)
    const end = review?.endsAt ?? 0
    const other = { review: '2017Q2-acme', grant: 'noa-INS-1-2020-12-02' }
    await answerReview(kept.ledger, { ...other, answer: 'keep', reason: 'needed', by: 'dana' }, end - 2)
    expect((await settleReviews(kept.ledger, () => undefined, end - 1)).ended).toEqual([])
    expect((await settleReviews(kept.ledger, () => undefined, end)).ended.flatMap(({ items }) => items.map(({ outcome }) => outcome))).toEqual(['revoked', 'revoked unanswered'])
    expect((await grantOf(other.grant))?.state).toBe('revoked')
  })
})

test('a grant that is under two reviews at once, the first of them opened late, ends with the first, once', async () => {
  const twice = await granted('noa', months(5), until + 3 * day)
  expect((await settleReviews(kept.ledger, () => undefined, months(9) - 5 * day)).opened).toMatchObject([{ id: '2017Q3-acme' }])
  expect((await settleReviews(kept.ledger, () => undefined, months(9) + day)).opened).toMatchObject([{ id: '2017Q4-acme' }])
  const { ended } = await settleReviews(kept.ledger, () => undefined, months(11))
  expect(ended.map(({ id, items }) => [id, items.find(({ grant }) => grant === twice)?.outcome]).sort()).toEqual([['2017Q3-acme', 'revoked unanswered'], ['2017Q4-acme', 'revoked unanswered']])
  expect((await kept.ledger.read(kept.slot, { types: ['grant.revoked'] })).filter((entry) => (entry.parts.evidence as { grant: string }).grant === twice)).toHaveLength(1)
})

describe('break-glass', () => {
  const at = months(6)
  const open = (more: object = {}) => openEmergency(kept.ledger, { person: 'noa', instruction: 'INS-1', reason: 'Restore of a lost table', minutes: 60, ...more }, at)
  test('needs a reason, a limit and an instruction in force', async () => {
    await expect(open({ reason: 'why' })).rejects.toThrow(/say why/)
    await expect(open({ minutes: 241 })).rejects.toThrow(/1 to 240 minutes/)
    await expect(open({ instruction: 'INS-0' })).rejects.toThrow(/no instruction INS-0/)
    await expect(open({ person: 'tom' })).rejects.toThrow(/nobody with id tom/)
  })
  test('stays due until somebody else reviews it, and holds back the next one', async () => {
    const grant = await open()
    expect(grant).toMatchObject({ state: 'approved', until: at + 3_600, emergency: 'Restore of a lost table' })
    expect(grant).not.toHaveProperty('approvedBy')
    await expect(open()).rejects.toMatchObject({ code: 'emergency/unreviewed' })
    const review = (by: string) => reviewEmergency(kept.ledger, { grant: grant.id, by, says: 'Looked at, as it should be' }, at + day)
    await expect(review('noa')).rejects.toMatchObject({ code: 'emergency/second-person' })
    await review('dana')
    await expect(review('dana')).rejects.toMatchObject({ code: 'emergency/reviewed' })
    expect(await unreviewedEmergencies(kept.ledger)).toEqual([])
  })
})

describe('a file of people', () => {
  const head = 'id;name;contact;role;team\n'
  test('is compared, and changes nothing by itself', () => {
    const known = [{ id: 'noa', name: 'Noa', contact: 'n@mail.example', role: 'analyst' }, { id: 'eli', name: 'Eli', contact: 'e@mail.example', role: 'engineer' }, { id: 'old', name: 'O', contact: 'o', role: 'r', leftAt: 1 }]
    const file = readStaff(`\uFEFF${head}noa;"Noa ""N""";n@mail.example;engineer;x\r\n\r\nold;O;o@mail.example;analyst;x\n`)
    expect(planStaff(file, known)).toEqual({ joiners: [{ id: 'old', name: 'O', contact: 'o@mail.example', role: 'analyst' }], movers: [{ person: 'noa', role: 'engineer' }], leavers: ['eli'], renamed: ['noa'] })
  })
  test.each([
    ['a field too few', 'noa;Noa Secret;x;y\n', 'line 2: not as many fields as line 1'], ['a quote that does not close', 'noa;"Noa Secret;x;y;z\n', 'line 2: not as many fields as line 1'],
    ['an id that is none', 'ok;A;b;c;d\nNoa Secret;A;b;c;d\n', 'line 3: the id is not letters, digits, dot, dash or underscore'], ['an id twice', 'a;A;b;c;d\na;A;b;c;d\n', 'line 3: an id that stands above'],
    ['no role', 'noa;Noa Secret;x; ;z\n', 'line 2: name, contact or role is empty'], ['nobody', '\n', "the file names nobody; that would end everybody's access"],
  ])('%s is named by its line, without what is in it', (_what, lines, says) => {
    expect(() => readStaff(head + lines)).toThrow(expect.objectContaining({ problems: [says] }) as Error)
  })
  test('without its headings is refused', () => expect(() => readStaff('noa,Noa\n')).toThrow(/lacks: id, name, contact, role/))
})
