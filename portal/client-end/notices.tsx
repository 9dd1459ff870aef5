/** What were we told, and when? */
import type { ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { Act } from '../components/act.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { clientEndWords } from './words.ts'
import '../components/notice.css'

type Notice = Item<'/notices'>

/** Shows them, newest first, whole: nobody has to open one to know what it says. */
export default function Notices(): ReactNode {
  const [words, format, { controller }] = [useWords(clientEndWords), useFormat(), useSearchValues()]
  const reading = useRead('/notices', { query: { controller, limit: 200 } })
  const items = reading.error === null ? reading.data?.items : undefined
  const unread = items?.filter(({ acknowledged }) => acknowledged === null) ?? []
  const [first] = unread
  const signs = useHasRole('signatory')
  return (
    <Page
      title={words.notices} sentence={items === undefined ? undefined : items.length === 0 ? words.noneTitle : words.told(reading.data?.total ?? items.length, format.number(reading.data?.total ?? items.length)) + (unread.length === 0 ? words.allRead : words.unread(unread.length, format.number(unread.length)))}
      primary={signs && first !== undefined ? <Acknowledge notice={first} primary /> : undefined} terminal="bailee contract notices" read={reading} evidence
    >
      <Shown of={reading} error="E1">{(answer) => <div className="stack">
        {answer.items.length === 0 ? <Empty title={words.noneTitle}><p>{words.noneSays}</p></Empty> : answer.items.map((one) => <OneNotice key={one.id} notice={one} />)}
        <Panel title={words.covered}><NotCovered><p>{words.coveredSays}</p></NotCovered></Panel>
      </div>}</Shown>
    </Page>
  )
}

const aboutOf = ({ about, breach }: Notice, word: string): string => (about === 'breach' ? `${word} ${breach ?? ''}` : about)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function OneNotice({ notice }: { readonly notice: Notice }): ReactNode {
  const [words, format] = [useWords(clientEndWords), useFormat()]
  const { controller } = useSession()
  const signs = useHasRole('signatory')
  const { acknowledged } = notice
  return (
    <Panel title={capital(aboutOf(notice, words.breach))} aside={<time className="muted small" dateTime={notice.at}>{format.moment(notice.at)}</time>}>
      <div className="stack-small">
        <pre className="notice-text">{notice.says}</pre>
        <p className="row">{acknowledged === null ? <Standing is="pending" word={words.waiting} /> : <Standing is="verified" word={acknowledged.by === null ? words.readNobody(format.day(acknowledged.at)) : words.read(acknowledged.by, format.day(acknowledged.at))} />}
          {acknowledged !== null ? null : signs ? <Acknowledge notice={notice} /> : controller === null ? null : <span className="muted small">{words.whoCan(controller.name)}</span>}</p>
      </div>
    </Panel>
  )
}

const Acknowledge = ({ notice, primary = false }: { readonly notice: Notice; readonly primary?: boolean }): ReactNode => {
  const words = useWords(clientEndWords)
  return <Act primary={primary} name={`${words.acknowledge} ${aboutOf(notice, words.breach)}`} entry="controller.notice_acknowledged" path="/notices/acknowledge" body={() => ({ notice: notice.id })}><p>{words.acknowledging}</p></Act>
}
