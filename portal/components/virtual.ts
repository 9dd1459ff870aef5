import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useState, type RefObject } from 'react'

/** Up to so many rows are all in the page; of more, those that can be seen. */
const allRowsMax = 200
const rowPixels = 35

export interface VirtualRows<Row> { readonly visible: readonly Row[]; readonly before: number; readonly after: number }

/** The rows to draw, and the height, in pixels, of those left out above and below. */
export function useVirtualRows<Row>(rows: readonly Row[], body: RefObject<HTMLElement | null>): VirtualRows<Row> {
  const [top, setTop] = useState(0)
  const isLong = rows.length > allRowsMax
  useLayoutEffect(() => { setTop(body.current === null ? 0 : body.current.getBoundingClientRect().top + scrollY) }, [body, isLong])
  const virtual = useWindowVirtualizer({ count: isLong ? rows.length : 0, estimateSize: () => rowPixels, overscan: 20, scrollMargin: top })
  if (!isLong) return { visible: rows, before: 0, after: 0 }
  const items = virtual.getVirtualItems()
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined) return { visible: rows.slice(0, allRowsMax), before: 0, after: (rows.length - allRowsMax) * rowPixels }
  return { visible: rows.slice(first.index, last.index + 1), before: first.start - top, after: virtual.getTotalSize() - (last.end - top) }
}
