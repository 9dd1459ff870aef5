import { Option, type Command } from 'commander'
import { breachRegister } from '#breach'
import { examine } from '#composition'
import { writeDocument } from '#document'
import { lookAtRoads } from '#gateway'
import { jcs, type Json } from '#ledger'
import { guaranteesAt, guaranteesPaper, guaranteesSheet, lookAtProtection, xlsx, type EnvironmentProtection, type Guarantee, type GuaranteePack, type Language } from '#register'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, openOptionsOf, say, withBailee, type CommonOptions } from './context.ts'
import { handOut } from './handOut.ts'

type PackOptions = CommonOptions & { readonly format: 'pdf' | 'json' | 'xlsx'; readonly language: Language; readonly out?: string }

/** `bailee register guarantees`, `protection`: what the processor can show of its guarantees (Art. 28(1), 32). */
export function addGuarantees(register: Command, exit: (code: number) => void): void {
  common(register.command('guarantees').summary('the pack that a future client asks for').description('the pack that a future client asks for (Art. 28(1)): tests, clocks, certificates, training; no client is named'))
    .addOption(new Option('--format <format>', 'with --out').choices(['pdf', 'json', 'xlsx']).default('pdf')).addOption(new Option('--language <language>', 'of all of it').choices(['en', 'fr']).default('en')).option('--out <file>', 'a new file; without it, it is shown')
    .action(async (options: PackOptions) => {
      const doctor = (await examine(openOptionsOf(options), Math.floor(Date.now() / 1000))).map(({ check, state }) => ({ check, state }))
      await withBailee(options, async ({ ledger, references }, at) => {
        const breaches = (await breachRegister(ledger.database, {}, at)).breaches.map(({ facts, hoursGiven, toldAt }) => ({ awareAt: facts.awareAt, hours: hoursGiven, toldAt }))
        const pack = await guaranteesAt(ledger.database, { roads: await lookAtRoads({ ledger, references }, at), doctor, breaches, language: options.language }, at)
        const made = options.out === undefined ? undefined : await handOut(ledger, { out: options.out, bytes: await bytesOf(pack, options.format), slot: 0, asOf: at, format: `guarantees ${options.format}`, language: options.language }, at)
        say(options, { ...pack, ...(made === undefined ? {} : { out: options.out, ...made }) }, () => (made === undefined ? pack.guarantees.map(line) : [`${options.out ?? ''}: ${pack.guarantees.length} guarantees as of ${formatDay(at)}, sha256 ${made.sha256}, recorded in the ledger`]))
      })
    })
  common(register.command('protection').summary('environments: declared against seen').description('each environment: its declared protection against what is seen (TLS, roads); exit code 1 when it differs'))
    .action(async (options: CommonOptions) => {
      await withBailee(options, async ({ ledger, references }, at) => {
        const found = await lookAtProtection({ ledger, references }, await lookAtRoads({ ledger, references }, at))
        if (found.some(({ findings }) => findings.some(({ kind }) => kind === 'differs'))) exit(1)
        say(options, found, () => found.flatMap(shownEnvironment))
      })
    })
}

async function bytesOf(pack: GuaranteePack, format: PackOptions['format']): Promise<Uint8Array> {
  switch (format) {
    case 'pdf': return writeDocument(guaranteesPaper(pack))
    case 'xlsx': return Buffer.concat([...xlsx([guaranteesSheet(pack)])])
    case 'json': return Buffer.concat([jcs(JSON.parse(JSON.stringify(pack)) as Json), Buffer.from('\n')])
    default: throw new Misuse('a pack is pdf, json or xlsx')
  }
}

const marks = { declared: '.', tested: '✓', failing: '✗', unknown: '?' } as const
const line = ({ section, what, standing, at, says }: Guarantee): string => `${marks[standing]} ${section}: ${what} (${standing}${at === undefined ? '' : `, ${formatDay(at)}`}): ${says}`

function shownEnvironment({ environment, class: kind, declared, atRest, stores, findings }: EnvironmentProtection): string[] {
  return [
    `${environment} (${kind}): declared ${declared}; at rest: ${atRest.is === 'declared' ? `declared: ${atRest.says}` : atRest.is}`,
    ...stores.map(({ store, kind: of, transport, roads }) => `  ${store} (${of}): connection ${transport.is === 'seen' ? `${transport.value.is}, verified: ${transport.value.says}` : `not seen: ${transport.because}`}; roads ${roads.is === 'seen' ? `${roads.value.open} open, ${roads.value.declared} declared, ${roads.value.notSeen} kinds not seen` : `not seen: ${roads.because}`}`),
    ...stores.flatMap(({ store, transport }) => (transport.is === 'seen' ? (transport.value.access ?? []).filter(({ is }) => is === 'kept').map(({ says }) => `    ✓ ${store}: ${says}`) : [])),
    ...findings.map((one) => `  ${{ differs: '✗', unknown: '?', instructed: '.' }[one.kind]} ${one.says}`),
  ]
}
