import { shown as plain } from './context.ts'

/** One line of progress on a terminal: what, how fast, how long still. Silent where nobody looks. */
export interface Meter {
  begin(title: string): void
  /** `share` of the work that is done, from 0 to 1; `bytes` read so far. */
  show(what: string, rows: number, done?: { readonly share?: number | undefined; readonly bytes?: number | undefined }): void
  end(): void
}

const showMilliseconds = 200

/** Below this share an estimate of what is left is a guess. */
const shareMin = 0.01

/** Writes to `out` when it is a terminal. */
export function createMeter(out: NodeJS.WriteStream): Meter {
  let title = ''
  let began = Date.now()
  let shown = 0
  const clear = (): void => { if (out.isTTY) out.write('\r\u001b[K') }
  return {
    begin: (wanted) => { title = wanted; began = Date.now(); if (out.isTTY) out.write(`  ${title} …`) },
    show: (what, rows, done = {}) => {
      if (!out.isTTY || Date.now() - shown < showMilliseconds) return
      shown = Date.now()
      const seconds = Math.max(0.001, (Date.now() - began) / 1000)
      clear()
      out.write(`  ${title === '' ? '' : `${title} … `}${figuresOf(rows, seconds, done)}${plain(what)}`.slice(0, (out.columns ?? 100) - 1))
    },
    end: clear,
  }
}

/** `37 %, 120 MB/s, 2 min left: `, as far as it is known. */
export function figuresOf(rows: number, seconds: number, { share, bytes }: { readonly share?: number | undefined; readonly bytes?: number | undefined }): string {
  const figures = [
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    ...(rows === 0 ? [] : [`${Math.round(rows / seconds).toLocaleString('en-GB')} rows/s`]),
    ...(bytes === undefined || bytes === 0 ? [] : [`${(bytes / seconds / 1e6).toFixed(bytes / seconds < 10e6 ? 1 : 0)} MB/s`]),
    ...(share === undefined || share < shareMin ? [] : [`${durationOf((seconds / share) * (1 - share))} left`]),
  ]
  return figures.length === 0 ? '' : `${figures.join(', ')}: `
}

function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
