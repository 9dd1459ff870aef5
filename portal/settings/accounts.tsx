/** Whoever may sign in: opened, invited and closed by an owner. */
import { useState, type ReactNode } from 'react'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Act } from '../components/act.tsx'
import { Shown } from '../components/failed.tsx'
import { SelectField, TextField } from '../components/fields.tsx'
import { Panel } from '../components/page.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { settingsWords } from './words.ts'

type Row = Item<'/accounts'>

export function Accounts(): ReactNode {
  const [words, format, { cursor }] = [useWords(settingsWords), useFormat(), useSearchValues()]
  const accounts = useRead('/accounts', { query: { cursor, limit: 50 }, always: 'now' })
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'name', head: words.account, sort: ({ name }) => name, cell: ({ name, id }) => <>{name}<div className="small muted names">{id}</div></> },
    { name: 'role', head: words.role, sort: ({ role }) => role, cell: ({ role, endsAt }) => <>{words.roles[role]}{endsAt === null ? null : <div className="small muted">{words.endsOn(format.day(endsAt))}</div>}</> },
    { name: 'of', head: words.of, sort: ({ controller }) => controller?.name ?? '', cell: ({ controller }) => controller?.name ?? words.firm },
    { name: 'ways', head: words.signsIn, cell: (row) => <Ways row={row} /> },
    { name: 'sessions', head: words.sessionsHead, numbers: true, sort: ({ sessions }) => sessions, cell: ({ sessions }) => format.number(sessions) },
    { name: 'act', head: words.actions, cell: (row) => (row.closedAt === null ? <div className="row"><Invite row={row} /><ChangeRole row={row} />{row.linkedAt === null ? null : <Act name={words.unlink(row.name)} entry="account.identity_unlinked" path="/accounts/{id}/unlink" params={{ id: row.id }}><p>{words.unlinkSays}</p></Act>}<Act name={words.close(row.name)} entry="account.closed" path="/accounts/{id}/close" params={{ id: row.id }}><p>{words.closeSays}</p></Act></div> : null) },
  ]
  return <Shown of={accounts} error="E1" rows={4}>{(shown) => <Panel title={words.accounts}><DataTable key={shown.total} caption={words.accounts} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} /></Panel>}</Shown>
}

function Ways({ row: { passkeys, linkedAt, invitedUntil, closedAt } }: { readonly row: Row }): ReactNode {
  const [words, format] = [useWords(settingsWords), useFormat()]
  if (closedAt !== null) return <span className="muted">{words.closed(format.day(closedAt))}</span>
  const ways = [...(passkeys === 0 ? [] : [words.passkeysCount(format.number(passkeys), passkeys === 1)]), ...(linkedAt === null ? [] : [words.linked])]
  return <>{ways.length === 0 ? <span className="muted">{words.nothingYet}</span> : format.list(ways)}{invitedUntil === null ? null : <div className="small muted">{words.invited(format.moment(invitedUntil))}</div>}</>
}

/** Makes a link, and shows it once. */
function Invite({ row: { id, name } }: { readonly row: Row }): ReactNode {
  const [words, format] = [useWords(settingsWords), useFormat()]
  const [made, setMade] = useState<{ readonly link: string; readonly until: string }>()
  const [said, setSaid] = useState<string>()
  const [copied, setCopied] = useState(false)
  const invite = async (): Promise<void> => {
    setSaid(undefined)
    setCopied(false)
    try {
      setMade(await request('POST', addressOf('/accounts/{id}/link', { id }), { body: {} }) as { link: string; until: string })
    } catch (cause) {
      setSaid(cause instanceof Unanswered && cause.problem.detail !== '' ? cause.problem.detail : words.gone)
    }
  }
  return (
    <>
      <button type="button" className="button" aria-label={words.inviteOf(name)} onClick={() => { void invite() }}>{words.invite}</button>
      <div role="status">{made === undefined ? null : <div className="stack-small"><p className="small">{words.link(name, format.moment(made.until))}</p><code>{made.link}</code><div className="row"><button type="button" className="button" onClick={() => { void navigator.clipboard.writeText(made.link).then(() => setCopied(true), () => undefined) }}>{copied ? words.copied : words.copy}</button></div></div>}</div>
      <div role="alert">{said === undefined ? null : <p className="failed">{said}</p>}</div>
    </>
  )
}

const staff = ['owner', 'dpo', 'engineer', 'analyst', 'auditor'] as const
const clients = ['signatory', 'viewer'] as const
type Role = (typeof staff)[number] | (typeof clients)[number]

/** Another role or end: whoever is signed in has to do so again, and their tokens end. */
function ChangeRole({ row: { id, name, role: now, endsAt, controller } }: { readonly row: Row }): ReactNode {
  const words = useWords(settingsWords)
  const [role, setRole] = useState<Role>(now as Role)
  const [until, setUntil] = useState(endsAt?.slice(0, 10) ?? '')
  return (
    <Act name={words.changeRole(name)} entry="account.changed" path="/accounts/{id}/role" params={{ id }} body={() => ({ role, ...(until === '' ? {} : { until }) })} incomplete={role === 'auditor' && until === '' ? words.lastDayHelp : role === now && until === (endsAt?.slice(0, 10) ?? '') ? words.sameRole : undefined}>
      <p>{words.changeSays}</p>
      <div className="form">
        <SelectField label={words.role} value={role} options={(controller === null ? staff : clients).map((one) => ({ value: one, label: words.roles[one] }))} onChange={(value) => setRole(value as Role)} />
        <TextField label={words.lastDay} help={words.lastDayHelp} type="date" value={until} onChange={setUntil} />
      </div>
    </Act>
  )
}

/** The form, behind the page's one button. */
export function OpenAccount(): ReactNode {
  const words = useWords(settingsWords)
  const [kind, setKind] = useState<'staff' | 'client'>('staff')
  const [role, setRole] = useState<Role>('dpo')
  const [who, setWho] = useState('')
  const [controller, setController] = useState('')
  const [until, setUntil] = useState('')
  const turn = (to: 'staff' | 'client'): void => { setKind(to); setRole(to === 'staff' ? 'dpo' : 'signatory'); setWho(''); setController('') }
  const missing = who.trim() === '' || (kind === 'client' && controller === '') || (role === 'auditor' && until === '')
  return (
    <Act name={words.openAccount} entry="account.opened" path="/accounts" primary incomplete={missing ? words.incomplete : undefined} onDone={() => setWho('')} body={() => ({ who: who.trim(), role, ...(kind === 'client' ? { controller } : {}), ...(until === '' ? {} : { until }) })}>
      <p>{words.openSays}</p>
      <div className="form">
        <SelectField label={words.kind} value={kind} options={[{ value: 'staff', label: words.kindStaff }, { value: 'client', label: words.kindClient }]} onChange={(value) => turn(value === 'client' ? 'client' : 'staff')} />
        <SelectField label={words.role} value={role} options={(kind === 'staff' ? staff : clients).map((one) => ({ value: one, label: words.roles[one] }))} onChange={(value) => { setRole(value as Role); if (kind === 'client') setWho('') }} />
        {kind === 'staff' ? <Person value={who} onChange={setWho} /> : <OfController controller={controller} role={role} who={who} onController={(value) => { setController(value); setWho('') }} onWho={setWho} />}
        <TextField label={words.lastDay} help={words.lastDayHelp} type="date" value={until} onChange={setUntil} />
      </div>
    </Act>
  )
}

function Person({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const words = useWords(settingsWords)
  const people = useRead('/people', { query: { here: 'true', limit: 200 }, always: 'now' })
  return <SelectField label={words.person} value={value} options={[{ value: '', label: words.choose }, ...(people.data?.items ?? []).map(({ id, name }) => ({ value: id, label: `${name} (${id})` }))]} onChange={onChange} />
}

interface OfControllerProps { readonly controller: string; readonly role: Role; readonly who: string; readonly onController: (value: string) => void; readonly onWho: (value: string) => void }

function OfController({ controller, role, who, onController, onWho }: OfControllerProps): ReactNode {
  const words = useWords(settingsWords)
  const controllers = useRead('/controllers', { query: { limit: 200 }, always: 'now' })
  return (
    <>
      <SelectField label={words.controller} value={controller} options={[{ value: '', label: words.choose }, ...(controllers.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))]} onChange={onController} />
      {role === 'viewer' ? <TextField label={words.whoViewer} value={who} onChange={onWho} /> : controller === '' ? null : <Signatory controller={controller} value={who} onChange={onWho} />}
    </>
  )
}

function Signatory({ controller, value, onChange }: { readonly controller: string; readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const words = useWords(settingsWords)
  const known = useRead('/controllers/{id}', { params: { id: controller }, always: 'now' })
  return <SelectField label={words.whoSignatory} value={value} options={[{ value: '', label: words.choose }, ...(known.data?.id === controller ? known.data.signatories : []).map(({ name }) => ({ value: name, label: name }))]} onChange={onChange} />
}
