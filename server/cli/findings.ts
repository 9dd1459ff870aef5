/** Findings in words. */
import type { Finding } from '#trace'
import { formatDay } from '#kit/time'

const number = (value: number): string => value.toLocaleString('en-GB')

/** `all`, `3.2 %`, `less than 0.1 %` of the dataset. */
function shareOf(share: number | null | undefined): string {
  if (share === null || share === undefined) return ''
  return ` (${share >= 1 ? 'all' : share < 0.001 ? 'less than 0.1 %' : `${(share * 100).toFixed(1)} %`} of the dataset)`
}

/** Tables and files that differ in numbers alone stand together, as partitions and daily exports do. */
const family = (finding: Finding): string => [finding.controller, finding.store, finding.place.replaceAll(/\d+/g, '#')].join('\n')

/** One line a finding; several of one controller whose places differ only in numbers are one line. Newest last. */
export function findingLines(findings: readonly Finding[]): string[] {
  return [...Map.groupBy(findings, family).values()].map((same) => {
    const [first] = same
    if (first === undefined) return ''
    if (same.length === 1) return findingLine(first)
    const most = Math.max(...same.map((finding) => finding.records))
    const sum = same.reduce((total, finding) => total + finding.records, 0)
    return `${first.controller}: between ${number(most)} and ${number(sum)} people in ${same.length} places of ${first.store} (${first.environment}), from ${first.place} to ${same.at(-1)?.place ?? ''}, known since ${formatDay(Math.min(...same.map((finding) => finding.firstSeen)))}  ${same.map((finding) => finding.id).join(' ')}`
  })
}

function findingLine(finding: Finding): string {
  const { detail } = finding
  const parts = detail.parts === undefined || detail.parts.length === 0 ? '' : `, in ${detail.parts.map((part) => part.name).slice(0, 3).join(', ')}${detail.parts.length > 3 ? ` and ${detail.parts.length - 3} more parts` : ''}`
  return `${finding.controller}: ${number(finding.records)} people${shareOf(detail.share)} in ${finding.store}: ${finding.place}${parts} (${finding.environment}), known since ${formatDay(finding.firstSeen)}  ${finding.id}`
}

/** Everything known of one finding. `others`: further controllers with a finding in the same place, which only the processor may see together. */
export function findingPage(finding: Finding, others: readonly string[]): string[] {
  const { detail } = finding
  const when = detail.made?.because ?? 'unknown'
  return [
    `${finding.id}: ${finding.state}${finding.because === null ? '' : ` (${finding.because})`}`,
    `  ${number(finding.records)} people of ${finding.controller}${shareOf(detail.share)}, in ${number(finding.rows)} rows${detail.confirmedRows === undefined ? '' : `, ${number(detail.confirmedRows)} of which agree with one record in several columns`}`,
    `  in ${finding.store}: ${finding.place} (${finding.environment})`,
    ...(detail.parts ?? []).map((part) => `    in ${part.name} (${part.kind}): ${number(part.records)} people, ${number(part.rows)} rows`),
    ...(detail.columns ?? []).map((column) => `    ${column.name === null ? `field ${column.field + 1}` : column.name} is ${column.form === null ? '' : column.form === 'bare' ? 'the bare form of ' : `${column.form} of `}${column.column}: ${number(column.values)} values`),
    ...(others.length > 0 ? [`  beside records of ${others.join(', ')}`] : []),
    `  came here: ${when}`,
    ...(detail.probablyMade === undefined ? [] : [`  the copy itself: ${detail.probablyMade.because}`]),
    `  first seen ${formatDay(finding.firstSeen)}, last seen ${formatDay(finding.lastSeen)}${detail.readAt === undefined || detail.readAt === finding.lastSeen ? '' : `, read ${formatDay(detail.readAt)} and unchanged since`}`,
    ...(detail.reasons ?? []).map((reason) => `  because ${reason}`),
    ...(detail.samples ?? []).slice(0, 3).map((sample) => `  look at byte ${number(sample.offset)}${sample.in === '' ? '' : ` of ${sample.in}`}: ${sample.columns.join(', ')}`),
  ]
}
