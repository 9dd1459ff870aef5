/** Before anything that cannot be undone: what will be recorded, in the ledger's own words. Never a modal over a modal, never "are you sure". */
import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useSession } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'

/** After something was done, what opened the dialog may be gone, and the focus with it: then it is on the page, not nowhere. */
export function keepFocus(): void {
  const afterClosing = 60 // milliseconds: the dialog gives the focus back first
  setTimeout(() => { if (document.activeElement === null || document.activeElement === document.body) document.getElementById('content')?.focus({ preventScroll: true }) }, afterClosing)
}

interface ConfirmProps {
  readonly open: boolean
  readonly close: () => void
  /** Verb and object, with the numbers: "Erase 2 copies". */
  readonly act: string
  /** What the button says where that is not yet the act itself. */
  readonly button?: string | undefined
  /** Such as `instruction.accepted`. */
  readonly entry: string
  readonly busy?: boolean
  readonly onConfirm: () => void
  readonly children?: ReactNode
}

/** Shows it. */
export function Confirm({ open, close, act, button = act, entry, busy = false, onConfirm, children }: ConfirmProps): ReactNode {
  const words = useWords(componentWords)
  const session = useSession()
  return (
    <Modal.Root opened={open} onClose={close} size={520}>
      <Modal.Overlay />
      <Modal.Content><Modal.Body>
        {/* Not the kit's own head: it is a banner, and a page has one. */}
        <div className="confirm-head"><Modal.Title>{act}</Modal.Title><Modal.CloseButton aria-label={words.cancel} /></div>
        <div className="stack">
          {children}
          <p>{words.willBeRecorded}: <code>{entry}</code>, {words.signedBy(session.account.name)}.</p>
          <div className="row"><button type="button" className="button primary" disabled={busy} onClick={onConfirm}>{button}</button><button type="button" className="button" onClick={close}>{words.cancel}</button></div>
        </div>
      </Modal.Body></Modal.Content>
    </Modal.Root>
  )
}
