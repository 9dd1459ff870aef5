import { useState, type ReactNode } from 'react'
import { Fingerprint } from '../components/time.tsx'
import { Standing } from '../components/standing.tsx'
import { Act } from '../components/act.tsx'
import { useFormat } from '../words/format.ts'
import { languages, useWords } from '../words/index.tsx'
import type { BreachPage } from './figures.ts'
import { breachWords } from './words.ts'

/** Every phase that was drafted, the newest first, in both languages, with what was sent. */
export function Notices({ page }: { readonly page: BreachPage }): ReactNode {
  const [words, format] = [useWords(breachWords), useFormat()]
  const newest = page.noticeList.at(-1)?.phase
  return (
    <div className="stack-small">
      <p className="row"><strong>{words.nothingSent}</strong>{newest === undefined ? null : <DraftNotice page={page} />}</p>
      {page.noticeList.length === 0 ? <p className="muted">{words.noDraft}</p> : null}
      {page.noticeList.toReversed().map((notice) => (
        <section key={notice.phase} className="notice" aria-label={words.phase(format.number(notice.phase))}>
          <p className="row"><strong>{words.phase(format.number(notice.phase))}</strong><span className="muted small">{words.drafted(format.moment(notice.draftedAt))} · <Fingerprint of={notice.sha256} /></span>
            {!notice.sent.some(({ outcome }) => outcome === 'sent' || outcome === 'unknown' || outcome === 'begun') ? <Standing is="pending" word={notice.phase === newest ? words.notSent : words.replaced} /> : null}</p>
          {notice.sent.map((one) => <p key={`${one.at} ${one.outcome}`} className="row">{one.outcome === 'sent' ? <Standing is="verified" word={words.sent(format.moment(one.at), one.by, words.channels[one.channel as 'e-mail'] ?? one.channel)} /> : <Standing is="unknown" word={`${words.outcomes[one.outcome]}, ${format.moment(one.at)}`} />}{one.receipt === null ? null : <span className="muted small">{one.receipt}</span>}</p>)}
          {languages.map((language) => <details key={language}><summary>{words.text[language]}</summary><pre className="notice-text" lang={language}>{notice.text[language]}</pre></details>)}
        </section>
      ))}
    </div>
  )
}

/** Makes the next phase of what is recorded now. */
export function DraftNotice({ page, primary = false }: { readonly page: BreachPage; readonly primary?: boolean }): ReactNode {
  const [words, format] = [useWords(breachWords), useFormat()]
  return <Act primary={primary} name={words.draft(format.number(page.noticeList.length + 1))} entry="breach.notice_drafted" path="/breaches/{id}/notices" params={{ id: page.id }}><p>{words.drafting}</p></Act>
}

/** A person hands it over, and says how that is known. */
export function SendNotice({ page, phase }: { readonly page: BreachPage; readonly phase: number }): ReactNode {
  const [words, format] = [useWords(breachWords), useFormat()]
  const [to, setTo] = useState('')
  const [receipt, setReceipt] = useState('')
  return (
    <Act primary name={words.send(format.number(phase))} entry="breach.notice_sent" path="/breaches/{id}/send" params={{ id: page.id }} body={() => ({ phase, to, receipt })} incomplete={to.trim() === '' || receipt.trim() === '' ? words.fields : undefined}>
      <p>{words.sending}</p>
      <div className="form">
        <label className="form-field"><span>{words.to}</span><input className="field" maxLength={300} value={to} onChange={(event) => setTo(event.target.value)} /></label>
        <label className="form-field"><span>{words.receipt}</span><input className="field" maxLength={300} value={receipt} onChange={(event) => setReceipt(event.target.value)} /></label>
      </div>
      <p><code>{`bailee breach send ${page.id} --as PERSON --smtp env:NAME --from ADDRESS --to ADDRESS`}</code></p>
    </Act>
  )
}
