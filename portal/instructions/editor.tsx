/** Writing an instruction: what would this allow? What is written is kept as it is written; leaving loses nothing. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { addressOf, request } from '../client/request.ts'
import type { Answer } from '../client/shapes.ts'
import { Failed } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { clean, useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Differences } from './difference.tsx'
import { useKept } from './draft.ts'
import { edited, emptyScope, missingOf, proposedScope, shownScope, type Choosable, type EditedScope } from './edited.ts'
import { EditorForm } from './editorForm.tsx'
import { editorWords } from './editorWords.ts'
import { usePlaces } from './places.ts'
import { PreviewSide } from './preview.tsx'
import { allowsSentence } from '../components/scope.tsx'
import { scopeWords } from '../components/scopeWords.ts'
import './editor.css'
import '../components/scope.css'

type Decision = Answer<'/decisions/{id}'>

export default function EditorPage(): ReactNode {
  const words = useWords(editorWords)
  const { id: editing } = useParams({ strict: false }) as { id?: string }
  const asked = useSearchValues()
  // A draft that began here goes on here: its address changes, and nothing is read again.
  const [begun, setBegun] = useState<string>()
  const draft = asked['draft'] === begun ? undefined : asked['draft']
  const { supersedes, from } = asked
  const choices = useRead('/instructions/choices', { always: 'now' })
  const kept = useRead('/instructions/drafts/{id}', { params: { id: draft }, always: 'now', when: draft !== undefined, once: true })
  const old = useRead('/instructions/{id}', { params: { id: editing ?? supersedes }, always: 'now', when: draft === undefined && (editing ?? supersedes) !== undefined, once: true })
  const decision = useRead('/decisions/{id}', { params: { id: from }, always: 'now', when: draft === undefined && from !== undefined, once: true })
  const waits = [choices, ...(draft === undefined ? [] : [kept]), ...(draft === undefined && (editing ?? supersedes) !== undefined ? [old] : []), ...(draft === undefined && from !== undefined ? [decision] : [])]
  const failed = waits.find(({ error }) => error !== null)
  if (failed?.error !== undefined && failed.error !== null) return <Page title={words.newTitle}><Failed kind="E1" error={failed.error} retry={() => { void failed.refetch() }} /></Page>
  if (choices.data === undefined || waits.some(({ data }) => data === undefined)) return <Page title={words.newTitle}><Skeleton rows={10} /></Page>
  const given = { choices: choices.data, asked, draft: draft === undefined ? undefined : kept.data?.scope, old: draft === undefined ? old.data : undefined, decision: draft === undefined ? decision.data : undefined, editing }
  return <Editor key={`${draft ?? ''} ${editing ?? ''} ${supersedes ?? ''} ${from ?? ''}`} choices={choices.data} start={startOf(given)} draftId={draft} editing={editing} begin={setBegun} />
}

interface Given { readonly choices: Choosable; readonly asked: Readonly<Record<string, string | undefined>>; readonly draft: EditedScope | undefined; readonly old: Answer<'/instructions/{id}'> | undefined; readonly decision: Decision | undefined; readonly editing: string | undefined }

/** What it begins with: a draft, a proposal, the version it replaces, an act that was refused; or everything closed. */
function startOf({ choices, asked, draft, old, decision, editing }: Given): EditedScope {
  if (draft !== undefined) return draft
  const today = new Date().toISOString().slice(0, 10)
  const whose = decision?.controller?.id ?? asked['controller']
  const contracts = choices.contracts.filter(({ controller }) => whose === undefined || controller.id === whose)
  if (old !== undefined) {
    const scope = old.scope as unknown as EditedScope
    return editing === undefined ? edited(scope, { id: choices.contracts.find((one) => one.id === scope.contract)?.nextId ?? '', supersedes: old.id, from: today }) : scope
  }
  const only = contracts.length === 1 ? contracts[0] : undefined
  const empty = emptyScope({ id: only?.nextId ?? '', contract: only, today })
  if (decision?.act === undefined || decision.act === null) return asked['environment'] === undefined ? empty : edited(empty, { environments: choices.environments.filter((one) => one.id === asked['environment']).map((one) => one.id) })
  const { purpose, operation, environment, data, recipient } = decision.act as { purpose?: string; operation?: EditedScope['operations'][number]; environment?: string; data?: EditedScope['data']; recipient?: string }
  return edited(empty, { purposes: purpose === undefined ? [] : [purpose], operations: operation === undefined ? [] : [operation], environments: environment === undefined ? [] : [environment], data: data ?? {}, recipients: recipient === undefined ? undefined : [recipient] })
}

interface EditorProps { readonly choices: Choosable; readonly start: EditedScope; readonly draftId: string | undefined; readonly editing: string | undefined; readonly begin: (draft: string) => void }

function Editor({ choices, start, draftId, editing, begin }: EditorProps): ReactNode {
  const [words, told, format] = [useWords(editorWords), useWords(scopeWords), useFormat()]
  const [scope, setScope] = useState(start)
  const [written, setWritten] = useState(0)
  const [id, setId] = useState(draftId)
  const [navigate, queries, places] = [useNavigate(), useQueryClient(), usePlaces()]
  const { isClient, list } = places
  const kept = useKept(id, scope, written)
  const change = (changed: Parameters<typeof edited>[1]): void => {
    if (id === undefined) {
      const made = crypto.randomUUID()
      setId(made)
      begin(made)
      void navigate({ to: '.', search: ((before: Record<string, string>) => clean({ ...before, draft: made })) as never, replace: true, resetScroll: false })
    }
    setScope((before) => edited(before, changed))
    setWritten((count) => count + 1)
  }
  const missing = missingOf(scope)
  const shown = shownScope(scope)
  const sentence = allowsSentence(shown, told, format)
  const whom = choices.contracts.find((one) => one.id === scope.contract)?.controller.name ?? ''
  const discard = async (): Promise<void> => { if (id !== undefined) await request('POST', addressOf('/instructions/drafts/{id}/discard', { id }), { body: {} }).catch(() => undefined) }
  const proposed = async (): Promise<void> => { await discard(); await queries.invalidateQueries(); await navigate({ to: places.one(scope.id) as never, search: {} as never }) }
  const title = editing !== undefined ? words.editTitle(editing) : scope.supersedes !== undefined ? words.supersedeTitle(scope.supersedes) : words.newTitle
  if (choices.contracts.length === 0) return <Page title={title} sentence={words.closed}><Panel><Empty title={words.noContract}><p><Go to={addresses.start}>{words.toStart}</Go></p></Empty></Panel></Page>
  return (
    <Page title={title} sentence={sentence === told.allowsNothing ? words.closed : sentence} crumbs={[{ name: isClient ? told.yours : told.instructions, to: list }, { name: title }]}
      primary={<Act name={words.propose(scope.id)} entry="instruction.proposed" path="/instructions" body={() => ({ scope: proposedScope(scope) })} primary onDone={() => { void proposed() }} {...(missing.length === 0 ? {} : { incomplete: words.notComplete(format.list(missing.map((one) => words.missing[one]))) })}><p>{words.proposeSays(whom)}</p><p className="muted">{sentence.replaceAll('**', '')}</p></Act>}
      others={id === undefined ? undefined : <button type="button" className="button" onClick={() => { void discard().then(async () => { await queries.invalidateQueries(); await navigate({ to: list as never, search: {} as never }) }) }}>{words.discard}</button>}>
      <p className="small muted" role="status">{{ nothing: draftId === undefined ? words.unsaved : words.saved, keeping: words.saving, kept: words.saved, failed: '' }[kept]}</p>
      {kept === 'failed' ? <p className="failed" role="alert">{words.failed}</p> : null}
      <div className="editor">
        <div className="stack">
          {draftId === undefined && written === 0 ? <Drafts /> : null}
          <EditorForm scope={scope} change={change} choices={choices} named={editing !== undefined} />
        </div>
        <div className="stack editor-side">
          <PreviewSide scope={scope} choices={choices} />
          {scope.supersedes === undefined ? null : <Against id={scope.supersedes} scope={scope} />}
          <Panel><details><summary>{words.text}</summary><p className="muted small">{words.textHelp}</p><pre className="text-block" tabIndex={0}>{JSON.stringify(proposedScope(scope), undefined, 2)}</pre></details></Panel>
        </div>
      </div>
    </Page>
  )
}

function Against({ id, scope }: { readonly id: string; readonly scope: EditedScope }): ReactNode {
  const words = useWords(editorWords)
  const { data, error, refetch } = useRead('/instructions/{id}', { params: { id }, always: 'now' })
  return <Panel title={words.differs(id)}>{error !== null ? <Failed kind="E1" error={error} retry={() => { void refetch() }} /> : data === undefined ? <Skeleton rows={2} /> : <Differences before={data.scope as unknown as EditedScope} after={scope} />}</Panel>
}

/** What was begun before and not proposed yet. */
function Drafts(): ReactNode {
  const [words, format, { write }] = [useWords(editorWords), useFormat(), usePlaces()]
  const { data } = useRead('/instructions/drafts', { always: 'now', query: { limit: 10 } })
  if (data === undefined || data.total === 0) return null
  return <Panel title={words.drafts}><ul className="plain">{data.items.map(({ id, scope, changedAt }) => <li key={id}><span>{words.draftOf(scope.id === '' ? scope.text.slice(0, 60) : scope.id, format.moment(changedAt))}</span><Go to={`${write}?draft=${id}`} className="button quiet">{words.goOn}</Go></li>)}</ul></Panel>
}
