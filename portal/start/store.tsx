import { useState, type ReactNode } from 'react'
import type { paths } from '../client/document.d.ts'
import { SelectField, TextField } from '../components/fields.tsx'
import { NotSeen } from '../components/coverage.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { useMissing } from './parties.tsx'
import { Send, shortName } from './send.tsx'
import type { Start } from './types.ts'
import { startWords } from './words.ts'

type Shape = paths['/api/v1/start/stores/try']['post']['responses'][200]['content']['application/json']

/** The name of a database in its address; what else stands there is looked at by nobody here. */
const databaseIn = (address: string): string => /^postgres(?:ql)?:\/\/[^/]+\/([^?#]+)/.exec(address)?.[1] ?? ''

/** First its shape, then its name. The address goes one way. */
export function StoreForm({ start }: { readonly start: Start }): ReactNode {
  const words = useWords(startWords)
  const [address, setAddress] = useState('')
  const [shape, setShape] = useState<Shape>()
  const missing = useMissing()
  return (
    <div className="stack">
      <Send<Shape> path="/start/stores/try" name={words.test} body={() => ({ address: address.trim() })} missing={missing({ address }, ['address'])} onDone={setShape} quiet>
        <TextField label={words.address} help={words.addressHelp} type="password" value={address} onChange={(value) => { setAddress(value); setShape(undefined) }} />
      </Send>
      {shape === undefined ? null : <Connect start={start} shape={shape} address={address.trim()} />}
      <p className="form-help">{words.otherKinds}</p>
    </div>
  )
}

function Connect({ start, shape, address }: { readonly start: Start; readonly shape: Shape; readonly address: string }): ReactNode {
  const [words, format, missing] = [useWords(startWords), useFormat(), useMissing()]
  const [given, setGiven] = useState({ id: shortName(databaseIn(address)), environment: start.environments[0]?.id ?? 'production', kind: 'production', country: start.processor.country })
  const known = start.environments.find(({ id }) => id === given.environment)
  const set = (part: keyof typeof given) => (value: string): void => setGiven({ ...given, [part]: value })
  return (
    <Send path="/start/stores" name={words.connect} body={() => ({ id: given.id.trim(), address, environment: { id: given.environment.trim(), class: known?.class ?? given.kind, country: given.country } })} missing={missing(given, ['id', 'environment', 'country'])}>
      <p role="status"><strong>{words.tested(format.number(shape.tables.length))}</strong> {shape.more ? words.more : ''}</p>
      <NotSeen places={shape.notRead} />
      <div className="fields-row">
        <TextField label={words.storeId} value={given.id} onChange={set('id')} /><TextField label={words.environment} value={given.environment} onChange={set('environment')} suggested={start.environments.map(({ id }) => id)} />
        {known === undefined ? <><SelectField label={words.kind} value={given.kind} onChange={set('kind')} options={Object.entries(words.kinds).map(([value, label]) => ({ value, label }))} /><TextField label={words.placeOf} value={given.country} onChange={(value) => set('country')(value.toUpperCase().slice(0, 2))} /></> : null}
      </div>
    </Send>
  )
}
