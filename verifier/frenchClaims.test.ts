import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimInFrench, claimNameInFrench, reasonInFrench } from './browser/frenchClaims.ts'

/** All texts that stand in a source, with `stands` where a value is put in. */
function textsIn(source: string, stands: (expression: string) => string): string[] {
  const texts: string[] = []
  for (let at = 0; at < source.length; at += 1) {
    const quote = source[at]
    if (source.startsWith('//', at) || source.startsWith('/**', at)) { at = source.indexOf(source.startsWith('//', at) ? '\n' : '*/', at); continue }
    if (quote !== "'" && quote !== '`') continue
    let text = ''
    for (at += 1; source[at] !== quote; at += 1) {
      if (source[at] === '\\') { at += 1; text += source[at]; continue }
      if (quote !== '`' || !source.startsWith('${', at)) { text += source[at]; continue }
      const from = at + 2
      for (let depth = 1, end = from; depth > 0; end += 1) { if (source[end] === '{') depth += 1; if (source[end] === '}') depth -= 1; at = end }
      text += stands(source.slice(from, at))
    }
    texts.push(text)
  }
  return texts
}

const source = readFileSync(join(import.meta.dirname, 'claims.ts'), 'utf8')
const said = (stands: (expression: string) => string): string[] => textsIn(source.slice(source.indexOf('function issuing('), source.indexOf('const wordsFor')), stands).filter((text) => /^(\S+ ){2}\S/.test(text))

test('whatever a claim may say is known in French, with its values', () => {
  for (const in_time of ['kept', 'missed']) {
    const all = said((expression) => (expression.includes("'kept'") ? in_time : 'x7y'))
    expect(all.length).toBeGreaterThan(40)
    for (const english of all) {
      const french = claimInFrench(english)
      expect([english, french === undefined || french === english ? 'not known' : 'known']).toEqual([english, 'known'])
      expect([english, french?.split('x7y').length]).toEqual([english, english.split('x7y').length])
    }
  }
  const words = textsIn(source.slice(source.indexOf('const wordsFor'), source.lastIndexOf('const held')), () => '')
  expect(words.length).toBe(6)
  for (const word of [...words, 'not known to this verifier']) expect([word, claimInFrench(`${word}: by the processor's word`)]).toEqual([word, expect.stringMatching(/sous-traitant|parole/)])
  expect(claimInFrench('it names another log; its status is another')).toBe('elle nomme un autre journal ; son statut est un autre')
  expect(claimInFrench('issued as pending_backup_expiry at 2020-12-02T00:00:00Z, by entry 9')).toBe('délivrée comme « en attente de l’expiration de sauvegardes » le 2020-12-02T00:00:00Z, par l’écriture 9')
  expect(claimInFrench('something else')).toBeUndefined()
  expect(claimInFrench('it names another log; something else')).toBeUndefined()
})

test('the names of claims, and reasons made of several, are known; of what is not, nothing is translated', () => {
  for (const [, name = ''] of source.matchAll(/(?:shown|contradicted|notShown|byWord)\('([a-z_]+)'/g)) expect([name, claimNameInFrench(name)]).toEqual([name, expect.any(String)])
  expect(claimNameInFrench('toString')).toBeUndefined()
  expect(reasonInFrench('status: complete is more than the log allows; people: another person checked it; whoever checked it had carried it out')).toBe('statut : « complète » est plus que ce que permet le journal ; personnes : une autre personne l’a contrôlé ; qui l’a contrôlé l’avait exécuté')
  const because = readFileSync(join(import.meta.dirname, 'certificate.ts'), 'utf8')
  for (const text of textsIn(because.slice(because.indexOf('const because'), because.indexOf('function standingOf')), () => '').filter((one) => one.includes(' '))) expect([text, reasonInFrench(text)]).toEqual([text, expect.any(String)])
  expect(reasonInFrench('status: something else')).toBeUndefined()
})
