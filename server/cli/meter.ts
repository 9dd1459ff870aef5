/** One line of progress on a terminal: what, how fast, how long still. Silent where nobody looks. */
export interface Meter {
  begin(title: string): void
  show(what: string, rows: number): void
  end(): void
}

const showMilliseconds = 200

export function createMeter(out: NodeJS.WriteStream): Meter {
  let title = ''
  let began = 0
  let shown = 0
  const clear = (): void => { if (out.isTTY) out.write('\r\u001b[K') }
  return {
    begin: (wanted) => { title = wanted; began = Date.now(); if (out.isTTY) out.write(`  ${title} …`) },
    show: (what, rows) => {
      if (!out.isTTY || Date.now() - shown < showMilliseconds) return
      shown = Date.now()
      const seconds = Math.max(0.001, (Date.now() - began) / 1000)
      clear()
      out.write(`  ${title} … ${what}${rows === 0 ? '' : `, ${Math.round(rows / seconds).toLocaleString('en-GB')} rows/s`}`.slice(0, (out.columns ?? 100) - 1))
    },
    end: clear,
  }
}
