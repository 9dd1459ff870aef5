import { useState, type ReactNode } from 'react'
import { SelectField, TextField } from '../components/fields.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Send, shortName } from './send.tsx'
import type { Start } from './types.ts'
import { startWords } from './words.ts'

/** Parts that nobody filled in, in words. */
export function useMissing(): (given: Readonly<Record<string, string>>, parts: readonly (keyof (typeof startWords)['en']['needs'])[]) => string | undefined {
  const [words, format] = [useWords(startWords), useFormat()]
  return (given, parts) => {
    const empty = parts.filter((part) => (given[part] ?? '').trim() === '')
    return empty.length === 0 ? undefined : format.list(empty.map((part) => words.needs[part]))
  }
}

/** Who are you? */
export function MeForm({ start }: { readonly start: Start }): ReactNode {
  const [words, missing] = [useWords(startWords), useMissing()]
  const [given, setGiven] = useState({ name: '', contact: '' })
  const [dpo, setDpo] = useState(false)
  return (
    <Send path="/start/me" name={words.saveMe} body={() => ({ name: given.name.trim(), contact: given.contact.trim(), dpo })} missing={missing(given, ['name', 'contact'])}>
      <div className="fields-row">
        <TextField label={words.yourName} value={given.name} onChange={(name) => setGiven({ ...given, name })} autoComplete="name" />
        <TextField label={words.contact} type="email" value={given.contact} onChange={(contact) => setGiven({ ...given, contact })} autoComplete="email" />
      </div>
      {start.processor.dpo === 'told' ? null : <label className="choice"><input type="checkbox" checked={dpo} onChange={(event) => setDpo(event.target.checked)} /><span>{words.isDpo}</span></label>}
    </Send>
  )
}

/** Whose data is it, and who signs? */
export function ControllerForm(): ReactNode {
  const [words, missing] = [useWords(startWords), useMissing()]
  const [given, setGiven] = useState({ name: '', id: '', country: '', signatory: '', contact: '' })
  const id = given.id === '' ? shortName(given.name) : given.id
  const set = (part: keyof typeof given) => (value: string): void => setGiven({ ...given, [part]: value })
  return (
    <Send path="/start/controllers" name={words.addController} body={() => ({ id, name: given.name.trim(), country: given.country, signatory: { name: given.signatory.trim(), contact: given.contact.trim() } })} missing={missing({ ...given, id }, ['name', 'id', 'country', 'signatory', 'contact'])}>
      <div className="fields-row">
        <TextField label={words.controllerName} value={given.name} onChange={set('name')} />
        <TextField label={words.country} help={words.countryHelp} value={given.country} onChange={(value) => set('country')(value.toUpperCase().slice(0, 2))} />
        <TextField label={words.id} help={words.idHelp} value={id} onChange={set('id')} />
      </div>
      <div className="fields-row"><TextField label={words.signatory} value={given.signatory} onChange={set('signatory')} /><TextField label={words.signatoryContact} type="email" value={given.contact} onChange={set('contact')} /></div>
    </Send>
  )
}

const today = (): string => new Date().toISOString().slice(0, 10)

/** Until when, and what then? The other elements become a list, not a wall. */
export function ContractForm({ start }: { readonly start: Start }): ReactNode {
  const [words, missing] = [useWords(startWords), useMissing()]
  const first = start.controllers.find(({ contracts }) => contracts === 0) ?? start.controllers[0]
  const [given, setGiven] = useState({ controller: first?.id ?? '', id: '', starts: today(), ends: '', choice: '', within: '' })
  const set = (part: keyof typeof given) => (value: string): void => setGiven({ ...given, [part]: value })
  const id = given.id === '' ? `${given.controller}-${given.starts.slice(0, 4)}` : given.id
  const backwards = given.ends !== '' && given.ends <= given.starts ? words.badEnd : undefined
  return (
    <Send path="/start/contracts" name={words.addContract} missing={backwards ?? missing({ ...given, id }, ['id', 'starts'])}
      body={() => ({ id, controller: given.controller, starts: given.starts, ...(given.ends === '' ? {} : { ends: given.ends }), ...(given.choice === '' ? {} : { choice: given.choice }), ...(/^[1-9]\d{0,3}$/.test(given.within) ? { withinDays: Number(given.within) } : {}) })}>
      <div className="fields-row">
        <SelectField label={words.whose} value={given.controller} onChange={set('controller')} options={start.controllers.map((one) => ({ value: one.id, label: one.name }))} />
        <TextField label={words.starts} type="date" value={given.starts} onChange={set('starts')} /><TextField label={words.ends} help={words.endsHelp} type="date" value={given.ends} problem={backwards} onChange={set('ends')} />
      </div>
      <div className="fields-row">
        <SelectField label={words.atEnd} value={given.choice} onChange={set('choice')} options={Object.entries(words.choices).map(([value, label]) => ({ value, label }))} />
        <TextField label={words.within} type="number" value={given.within} onChange={set('within')} /><TextField label={words.contractId} value={id} onChange={set('id')} />
      </div>
      <p className="form-help">{words.atEndHelp} {words.elements}</p>
    </Send>
  )
}
