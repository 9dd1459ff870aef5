/** The text of a course: headings, paragraphs, lists, and words that stand out. Nothing else of Markdown is in it, and nothing of it is HTML. */
import { Fragment, type ReactNode } from 'react'

const inline = (text: string): ReactNode => text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).map((part, index) => <Fragment key={index}>{part.startsWith('**') ? <strong>{part.slice(2, -2)}</strong> : part.startsWith('`') ? <code>{part.slice(1, -1)}</code> : part.startsWith('*') && part.length > 1 ? <em>{part.slice(1, -1)}</em> : part}</Fragment>)

/** Items of a list, each of one or more lines. */
const itemsOf = (block: string): string[] => block.split(/\n(?=- |\d+[.] )/).map((item) => item.replace(/^(- |\d+[.] )/, '').replaceAll(/\n\s*/g, ' '))

function Block({ text }: { readonly text: string }): ReactNode {
  if (text.startsWith('## ')) return <h2>{inline(text.slice(3))}</h2>
  if (text.startsWith('### ')) return <h3>{inline(text.slice(4))}</h3>
  if (text.startsWith('- ')) return <ul>{itemsOf(text).map((item) => <li key={item}>{inline(item)}</li>)}</ul>
  if (/^\d+[.] /.test(text)) return <ol>{itemsOf(text).map((item) => <li key={item}>{inline(item)}</li>)}</ol>
  return <p>{inline(text.replaceAll('\n', ' '))}</p>
}

/** Shows it, without its title: the page has one. */
export const CourseText = ({ text }: { readonly text: string }): ReactNode => <div className="course">{text.split(/\n{2,}/).map((block) => block.trim()).filter((block) => block !== '' && !block.startsWith('# ')).map((block) => <Block key={block} text={block} />)}</div>
