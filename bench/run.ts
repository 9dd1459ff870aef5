/** `bailee bench [NAME] [--quick] [--json] [--part PART] [--world DIR]`: runs the benchmarks here, one after another; the last line of each is one JSON object. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { machine, mustFit, type Benchmark } from './result.ts'

const names = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.bench.ts')).map((file) => file.slice(0, -'.bench.ts'.length)).sort()
const words = process.argv.slice(2)
const json = words.includes('--json')
const quick = words.includes('--quick')
/** `--controllers 1000`: how many of what a benchmark makes, where it can make more or fewer. */
const counts = Object.fromEntries(words.flatMap((word, index) => (['--controllers', '--entries'].includes(word) && /^[1-9]\d{0,8}$/.test(words[index + 1] ?? '') ? [[word.slice(2), Number(words[index + 1])]] : [])))
/** `--world DIR`: what a benchmark makes stands there and stays, and what was measured of it, for the next run to go on. */
const world = words[words.indexOf('--world') + 1] as string | undefined
const kept = words.includes('--world') && world !== undefined && !world.startsWith('-') ? world : undefined
const part = words.includes('--part') ? words[words.indexOf('--part') + 1] ?? '' : undefined
const wanted = words.filter((word, index) => !word.startsWith('-') && !((words[index - 1] ?? '').slice(2) in counts) && !['--world', '--part'].includes(words[index - 1] ?? ''))
const unknown = [...wanted.filter((name) => !names.includes(name)), ...words.filter((word) => word.startsWith('-') && !['--json', '--quick', '--help', '--part', ...(kept === undefined ? [] : ['--world'])].includes(word) && !(word.slice(2) in counts))]

if (words.includes('--help') || unknown.length > 0) {
  process.stderr.write(`${unknown.length > 0 ? `bailee: no benchmark ${unknown.join(', ')}\n` : ''}bailee bench [NAME] [--quick] [--json] [--part PART] [--controllers N] [--entries N] [--world DIR]\n  benchmarks: ${names.join(', ')}\n`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

let held = true
for (const name of wanted.length > 0 ? wanted : names) {
  const { benchmark } = (await import(`./${name}.bench.ts`)) as { benchmark: Benchmark }
  if (part !== undefined && benchmark.parts?.includes(part) !== true) {
    process.stderr.write(`bailee: ${name} has ${benchmark.parts === undefined ? 'no parts' : `no part ${JSON.stringify(part)}; it has ${benchmark.parts.join(', ')}`}\n`)
    process.exit(2)
  }
  mustFit(benchmark, tmpdir())
  const say = (line: string): void => { (json ? process.stderr : process.stdout).write(`${line}\n`) }
  say(`${name}: ${benchmark.about}`)
  const results = await benchmark.run((line) => say(`  ${line}`), quick, { counts, part, world: kept })
  for (const one of results) say(`  ${one.ok ? '✓' : '✗'} ${one.what}: ${one.value} ${one.unit}${one.baseline === null ? '' : ` (${one.ratio} of ${one.baseline.what}, ${one.baseline.value} ${one.unit})`}; must ${one.must}, goal ${one.goal}`)
  held &&= results.every((one) => one.ok)
  process.stdout.write(`${JSON.stringify({ name, machine: machine(), results })}\n`)
}
process.exitCode = held ? 0 : 1
