import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../testing.ts'
import { isUnread, listMysql, type ListedPlace, type Listing } from './index.ts'

let server: OtherServer
const people = 5000
beforeAll(async () => {
  if (withoutMariadb) return
  server = await startMariadb()
  runMariadb(server, `create database crm character set latin1; use crm;
    create table \`Odd "name\` (id int primary key, mail varchar(80), note text, photo blob, flag bit(1), price decimal(9,2), born date, seen datetime(3), data json, kind enum('a','b'), at point, hidden varchar(20) invisible);
    insert into \`Odd "name\` (id, mail, note, photo, flag, price, born, seen, data, kind, at, hidden) values
      (1, 'zoë@mail.example', 'says "hi", twice', x'00ff220a', b'1', 24.40, '1980-02-03', '2019-01-02 03:04:05.006', '{"a": "b"}', 'b', point(1, 2), 'unseen'), (2, '', null, '', b'0', null, null, null, null, null, null, null);
    create table people (id bigint unsigned primary key auto_increment, mail varchar(80), filler char(200));
    insert into people (mail, filler) select concat('p', seq, '@listener.example'), repeat('x', 200) from seq_1_to_${people};
    create table history (id int primary key, mail varchar(80)) with system versioning;
    insert into history values (1, 'first@mail.example'); update history set mail = 'second@mail.example';
    create table packed (body blob); insert into packed values (compress('compressed@mail.example')), (x'504b0304aabb');
    create view view_of as select * from people where mail <> 'defined@mail.example';
    create table old (mail varchar(80)) engine=myisam; insert into old values ('m@mail.example');
    create table hole (mail varchar(80)) engine=merge union=(old);
    analyze table people persistent for all; set global innodb_stats_persistent=1; analyze table people;
    create user half identified by 'half'; grant select on crm.people to half`)
}, 300_000)
afterAll(async () => { if (!withoutMariadb) await server.stop() })

async function textOf(place: ListedPlace | undefined, unit = 'all'): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const part of place!.open(unit)) {
    if (isUnread(part)) throw new Error(part.because)
    for await (const chunk of part.bytes) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const at = (listing: Listing, place: string): ListedPlace | undefined => listing.places.find((one) => one.place === place)

describe.skipIf(withoutMariadb)('a MariaDB server (Debian package mariadb-server)', () => {
  test('is listed whole: tables of every database, the server\'s own statistics, and definitions; what has no rows is said', async () => {
    const listing = await listMysql(server.url)
    expect(listing.places.map(({ place }) => place)).toEqual(expect.arrayContaining(['crm."Odd ""name"', 'crm.history', 'crm.old', 'crm.people', 'mysql.column_stats', 'information_schema.views']))
    expect(listing.places.map(({ place }) => place)).not.toContain('crm.view_of')
    expect(listing.notRead).toEqual([{ place: 'crm.hole', because: 'it has no rows of its own: those of other tables' }])
  })

  test('gives every value as the server writes it, bytes as they are, and columns that a star would not show', async () => {
    expect(await textOf(at(await listMysql(server.url), 'crm."Odd ""name"'))).toBe(
      utf8('"1","zoë@mail.example","says ""hi"", twice",') + '"\x00\xff""\n","1","24.40","1980-02-03","2019-01-02 03:04:05.006","{""a"": ""b""}","b","POINT(1 2)","unseen"\n' + '"2","",,"","0",,,,,,,\n')
  })

  test('gives earlier versions of rows, statistics with their values, and texts of definitions', async () => {
    const listing = await listMysql(server.url)
    expect(await textOf(at(listing, 'crm.history'))).toContain('first@mail.example')
    expect(await textOf(at(listing, 'mysql.column_stats'))).toContain('p1000@listener.example')
    expect(await textOf(at(listing, 'information_schema.views'))).toContain('defined@mail.example')
    expect(await textOf(at(listing, 'crm.old'))).toBe('"m@mail.example"\n')
  })

  test('values that were packed are unpacked, and those that cannot be are counted', async () => {
    for await (const part of at(await listMysql(server.url), 'crm.packed')!.open('all')) {
      if (isUnread(part)) throw new Error(part.because)
      const chunks = []
      for await (const chunk of part.bytes) chunks.push(chunk)
      expect(Buffer.concat(chunks).toString('latin1')).toBe('"compressed@mail.example"\n"PK\x03\x04\xaa\xbb"\n')
      expect(part.partly()).toEqual(['1 cells hold a packed or compressed file, which is not unpacked'])
    }
  })

  test('a large table is cut by its key, and its units together are its rows, each once', async () => {
    const place = at(await listMysql(server.url, { unitBytes: 200_000 }), 'crm.people')
    expect(place!.units().length).toBeGreaterThan(3)
    const ids: number[] = []
    for (const unit of place!.units()) ids.push(...[...(await textOf(place, unit)).matchAll(/^"(\d+)"/gm)].map((match) => Number(match[1])))
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: people }, (_, index) => index + 1))
    await expect(textOf(place, 'key 1; drop')).rejects.toMatchObject({ code: 'inventory/no-unit' })
  })

  test('held, its units are as of one moment, whatever is written meanwhile; a row that changes its key is read once', async () => {
    const place = at(await listMysql(server.url, { unitBytes: 200_000 }), 'crm.people')!
    const held = await place.hold!()
    const ids: number[] = []
    for (const [number, unit] of place.units().entries()) {
      if (number === 1) runMariadb(server, `update crm.people set id = 0 where id = ${people}; insert into crm.people (mail) values ('late@mail.example')`)
      const chunks: Uint8Array[] = []
      for await (const part of held.open(unit)) if (!isUnread(part)) for await (const chunk of part.bytes) chunks.push(chunk)
      ids.push(...[...Buffer.concat(chunks).toString('latin1').matchAll(/^"(\d+)"/gm)].map((match) => Number(match[1])))
    }
    await held.close()
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: people }, (_, index) => index + 1))
    runMariadb(server, `delete from crm.people where mail = 'late@mail.example'; update crm.people set id = ${people} where id = 0`)
  })

  test('says that an account may not be shown everything', async () => {
    const url = new URL(server.url)
    url.username = 'half'
    url.password = 'half'
    const listing = await listMysql(url.href)
    expect(listing.notRead).toContainEqual({ place: '*', because: expect.stringContaining('grant it SELECT on *.*') as string })
    expect(listing.places.map(({ place }) => place)).toContain('crm.people')
  })

  test('stopped early it leaves no session behind, and a server that is not there is an error without its address', async () => {
    for await (const part of at(await listMysql(server.url), 'crm.people')!.open('all')) {
      if (isUnread(part)) throw new Error(part.because)
      for await (const chunk of part.bytes) { expect(chunk.length).toBeGreaterThan(0); break }
    }
    await expect.poll(() => runMariadb(server, `select count(*) from information_schema.processlist where info like 'select %people%' and id <> connection_id()`).trim()).toBe('0')
    const failure = await listMysql('mysql://someone:secret@localhost/?socketPath=/nowhere').catch((cause: unknown) => cause as Error & { code: string })
    expect(failure).toMatchObject({ code: 'inventory/store-unreachable', message: expect.not.stringContaining('secret') as string })
  })
})
