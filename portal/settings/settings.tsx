/** One's own ways in and sessions; for an owner, everybody's accounts, and how people sign in here. */
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Act } from '../components/act.tsx'
import { Shown } from '../components/failed.tsx'
import { TextField } from '../components/fields.tsx'
import { Page, Panel, together } from '../components/page.tsx'
import { MakePasskey } from '../components/signWithPasskey.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Fingerprint } from '../components/time.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Accounts, OpenAccount } from './accounts.tsx'
import { SignInWays } from './signInWays.tsx'
import { Tokens } from './tokens.tsx'
import { settingsWords } from './words.ts'

export default function Settings(): ReactNode {
  const [words, format] = [useWords(settingsWords), useFormat()]
  const [owner, office] = [useHasRole('owner'), useHasRole('owner', 'dpo')]
  const passkeys = useRead('/passkeys', { query: { limit: 50 }, always: 'now' })
  const sessions = useRead('/sessions', { query: { limit: 50 }, always: 'now' })
  const sentence = passkeys.data === undefined || sessions.data === undefined ? undefined : words.sentence(passkeys.data.total === 0 ? words.noPasskey : words.passkeysCount(format.number(passkeys.data.total), passkeys.data.total === 1), words.sessionsCount(format.number(sessions.data.total), sessions.data.total === 1))
  return (
    <Page title={words.title} sentence={sentence} primary={owner ? <OpenAccount /> : undefined} terminal="bailee people account list" read={together(passkeys, sessions)}>
      <div className="two-columns">
        <div>
          <Shown of={passkeys} error="E1" rows={3}>{(shown) => <Passkeys rows={shown.items} />}</Shown>
          <Shown of={sessions} error="E1" rows={3}>{(shown) => <Sessions rows={shown.items} />}</Shown>
        </div>
        <div>
          <Panel title={words.newPasskey}><MakePasskey /></Panel>
          {office ? <SignInWays /> : null}
        </div>
      </div>
      {owner ? <Accounts /> : null}
      <Tokens />
    </Page>
  )
}

type Passkey = Item<'/passkeys'>

function Passkeys({ rows }: { readonly rows: readonly Passkey[] }): ReactNode {
  const [words, format] = [useWords(settingsWords), useFormat()]
  if (rows.length === 0) return <Panel title={words.passkeys}><p>{words.passkeysEmpty}</p></Panel>
  const columns: readonly [Column<Passkey>, ...Column<Passkey>[]] = [
    { name: 'name', head: words.name, cell: ({ name, backedUp }) => <>{name}{backedUp ? <div className="small muted">{words.synced}</div> : null}</> },
    { name: 'key', head: words.key, cell: ({ keySha256 }) => <Fingerprint of={keySha256} /> },
    { name: 'made', head: words.made, cell: ({ registeredAt }) => format.day(registeredAt) },
    { name: 'used', head: words.used, cell: ({ usedAt }) => (usedAt === null ? <span className="muted">{words.never}</span> : format.moment(usedAt)) },
    { name: 'act', head: words.actions, cell: (row) => <div className="row"><Rename passkey={row} /><Act name={words.remove(row.name)} entry="account.passkey_removed" method="DELETE" path="/passkeys/{id}" params={{ id: row.id }}><p>{words.removeSays}</p></Act></div> },
  ]
  return <Panel title={words.passkeys}><div className="stack"><DataTable key={rows.length} caption={words.passkeys} rows={rows} keyOf={({ id }) => id} columns={columns} /><p className="small muted">{words.keyHelp}{rows.length === 1 ? ` ${words.onlyOne}` : ''}</p></div></Panel>
}

/** A name is not in the ledger: it is changed at once, where it stands. */
function Rename({ passkey: { id, name } }: { readonly passkey: Passkey }): ReactNode {
  const words = useWords(settingsWords)
  const [open, setOpen] = useState(false)
  const [value, setValue] = useState(name)
  const { send, said } = useSending()
  if (!open) return <button type="button" className="button quiet" aria-label={`${words.rename}: ${name}`} onClick={() => setOpen(true)}>{words.rename}</button>
  return (
    <form className="stack-small" onSubmit={(event) => { event.preventDefault(); void send('POST', addressOf('/passkeys/{id}/name', { id }), { name: value }).then((done) => { if (done) setOpen(false) }) }}>
      <TextField label={words.name} value={value} onChange={(text) => setValue(text.slice(0, 60))} problem={said} />
      <button type="submit" className="button">{words.renameAct}</button>
    </form>
  )
}

type SessionRow = Item<'/sessions'>

function Sessions({ rows }: { readonly rows: readonly SessionRow[] }): ReactNode {
  const [words, format] = [useWords(settingsWords), useFormat()]
  const { send, said } = useSending()
  const columns: readonly [Column<SessionRow>, ...Column<SessionRow>[]] = [
    { name: 'begun', head: words.begun, cell: ({ begunAt }) => format.moment(begunAt) },
    { name: 'way', head: words.way, cell: ({ way }) => words.ways[way] },
    { name: 'used', head: words.used, cell: ({ usedAt }) => format.moment(usedAt) },
    { name: 'until', head: words.until, cell: ({ until }) => format.moment(until) },
    { name: 'act', head: words.actions, cell: ({ id, begunAt, current }) => (current ? <span className="muted">{words.current}</span> : <button type="button" className="button" aria-label={words.endOf(format.moment(begunAt))} onClick={() => { void send('DELETE', addressOf('/sessions/{id}', { id })) }}>{words.end}</button>) },
  ]
  return <Panel title={words.sessions}><div className="stack"><DataTable key={rows.length} caption={words.sessions} rows={rows} keyOf={({ id }) => id} columns={columns} /><div role="alert">{said === undefined ? null : <p className="failed">{said}</p>}</div><p className="small muted">{words.sessionsNot}</p></div></Panel>
}

/** Sends something that is in no ledger, and reads again what the page shows. */
function useSending(): { readonly send: (method: 'POST' | 'DELETE', address: string, body?: object) => Promise<boolean>; readonly said: string | undefined } {
  const [words, queries] = [useWords(settingsWords), useQueryClient()]
  const [said, setSaid] = useState<string>()
  const send = async (method: 'POST' | 'DELETE', address: string, body?: object): Promise<boolean> => {
    setSaid(undefined)
    try {
      await request(method, address, body === undefined ? {} : { body })
      await queries.invalidateQueries()
      return true
    } catch (cause) {
      setSaid(cause instanceof Unanswered && cause.problem.detail !== '' ? cause.problem.detail : words.gone)
      return false
    }
  }
  return { send, said }
}
