/** Ctrl K: any page, any controller or instruction, by its name. */
import { Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import { addresses } from '../addresses.ts'
import { hasPage } from '../pages.ts'
import { dictionary } from '../words/dictionary.ts'
import { useWords } from '../words/index.tsx'
import { navigationFor } from './navigation.ts'
import { useSession } from './session.tsx'
import { shellWords } from './words.ts'

const shownMax = 12

interface Target { readonly name: string; readonly kind: string; readonly to: string }

function useTargets(text: string): readonly Target[] {
  const [words, dictionaryWords, session] = [useWords(shellWords), useWords(dictionary), useSession()]
  const wanted = text.trim().toLowerCase()
  const query = { limit: 10, ...(wanted === '' ? {} : { q: wanted }) }
  const controllers = useRead('/controllers', { query }).data?.items ?? []
  const instructions = useRead('/instructions', { query }).data?.items ?? []
  const pages = navigationFor(session.controller !== null).flatMap(({ items }) => items.map(({ name, to }) => ({ name: words.items[name], kind: '', to })))
  const found: readonly Target[] = [
    ...pages, ...controllers.map(({ id, name }) => ({ name, kind: dictionaryWords.controller, to: addresses.controller(id) })),
    ...instructions.map(({ id, controller }) => ({ name: id, kind: `${dictionaryWords.instruction}, ${controller.name}`, to: addresses.instruction(id) })),
  ]
  return found.filter(({ name, to }) => hasPage(to) && name.toLowerCase().includes(wanted)).slice(0, shownMax)
}

/** The palette, open. */
export default function Palette({ close }: { readonly close: () => void }): ReactNode {
  const words = useWords(shellWords)
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const [navigate, list] = [useNavigate(), useId()]
  const targets = useTargets(text)
  const at = Math.min(chosen, targets.length - 1)
  const go = (to: string | undefined): void => { if (to !== undefined) { close(); void navigate({ to: to as never }) } }
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); setChosen((at + (event.key === 'ArrowDown' ? 1 : targets.length - 1)) % Math.max(targets.length, 1)) }
    if (event.key === 'Enter') go(targets[at]?.to)
  }
  return (
    <Modal opened onClose={close} title={words.palette} closeButtonProps={{ 'aria-label': words.close }} size={560} yOffset="10vh">
      <input className="field" role="combobox" aria-label={words.palette} aria-expanded aria-controls={list} aria-activedescendant={targets.length === 0 ? undefined : `${list}-${at}`} placeholder={words.paletteHint} value={text} onChange={(event) => { setText(event.target.value); setChosen(0) }} onKeyDown={key} data-autofocus />
      <ul id={list} role="listbox" aria-label={words.navigation} className="palette-list">
        {targets.map((target, index) => <li key={target.to} id={`${list}-${index}`} role="option" aria-selected={index === at} onClick={() => go(target.to)}><span>{target.name}</span><span className="muted small">{target.kind}</span></li>)}
      </ul>
      {targets.length === 0 ? <p role="status" className="muted">{words.paletteNone}</p> : null}
    </Modal>
  )
}
