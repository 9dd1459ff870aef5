import { useEffect, useState, type CSSProperties, type ReactNode } from 'react'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'
import './skeleton.css'

/** What comes sooner needs no skeleton, in milliseconds. */
const notBeforeMilliseconds = 200

/** Height of a row, with what is between two, in pixels. */
const rowPixels = 35

/** Rows of nothing. They carry no standing, and take their room from the beginning: what stands below does not move when they are drawn. */
export function Skeleton({ rows }: { readonly rows: number }): ReactNode {
  const words = useWords(componentWords)
  const [late, setLate] = useState(false)
  useEffect(() => { const timer = setTimeout(() => setLate(true), notBeforeMilliseconds); return () => clearTimeout(timer) }, [])
  return <div role="status" aria-label={words.loading} className="skeleton" style={{ minHeight: rows * rowPixels }} data-reading>{late ? Array.from({ length: rows }, (_, index) => <span key={index} style={{ width: `${92 - ((index * 17) % 34)}%` } as CSSProperties} />) : null}</div>
}
