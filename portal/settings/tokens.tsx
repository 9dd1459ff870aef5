import { useState, type ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Act } from '../components/act.tsx'
import { Shown } from '../components/failed.tsx'
import { Choices, TextField } from '../components/fields.tsx'
import { Panel } from '../components/page.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { settingsWords } from './words.ts'

type Row = Item<'/tokens'>

/** Tokens by which machines ask as somebody does, for less. */
export function Tokens(): ReactNode {
  const [words, format] = [useWords(settingsWords), useFormat()]
  const makes = !useHasRole('auditor')
  const tokens = useRead('/tokens', { query: { limit: 50 }, always: 'now' })
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'name', head: words.name, cell: ({ name, account }) => <>{name}<div className="small muted names">{account}</div></> },
    { name: 'scopes', head: words.scopes, cell: ({ scopes }) => <span className="names small">{scopes.join(', ')}</span> },
    { name: 'until', head: words.until, cell: ({ expiresAt, revokedAt }) => (revokedAt === null ? format.day(expiresAt) : <span className="muted">{words.revoked(format.day(revokedAt))}</span>) },
    { name: 'used', head: words.used, cell: ({ usedAt }) => (usedAt === null ? <span className="muted">{words.never}</span> : format.moment(usedAt)) },
    { name: 'act', head: words.actions, cell: ({ id, name, good }) => (good ? <Act name={words.revoke(name)} entry="token.revoked" path="/tokens/{id}/revoke" params={{ id }}><p>{words.revokeSays}</p></Act> : null) },
  ]
  return (
    <Shown of={tokens} error="E1" rows={2}>{(shown) => (
      <Panel title={words.tokens} aside={makes ? <Make scopes={shown.scopes} /> : undefined}>
        <div className="stack"><p className="small muted">{words.tokensSay} <a href={new URL('api/', document.baseURI).pathname}>{words.reference}</a>.</p>{shown.total === 0 ? <p>{words.noToken}</p> : <DataTable key={shown.total} caption={words.tokens} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />}</div>
      </Panel>
    )}</Shown>
  )
}

function Make({ scopes }: { readonly scopes: readonly string[] }): ReactNode {
  const words = useWords(settingsWords)
  const [name, setName] = useState('')
  const [until, setUntil] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [token, setToken] = useState<string | null>(null)
  const missing = name.trim() === '' || until === '' || chosen.length === 0
  return (
    <div className="stack-small">
      <Act name={words.makeToken} entry="token.issued" path="/tokens" incomplete={missing ? words.tokenIncomplete : undefined} body={() => ({ name: name.trim(), scopes: [...chosen], until })} onDone={(answer) => setToken((answer as { token: string | null }).token)}>
        <div className="form">
          <TextField label={words.name} value={name} onChange={(value) => setName(value.slice(0, 100))} />
          <TextField label={words.lastDay} type="date" value={until} onChange={setUntil} />
          <Choices legend={words.scopes} options={scopes.map((one) => ({ value: one, label: one }))} chosen={chosen} onChange={setChosen} />
        </div>
      </Act>
      <div role="status">{token === null ? null : <div className="stack-small"><p className="small">{words.tokenShown}</p><code>{token}</code></div>}</div>
    </div>
  )
}
