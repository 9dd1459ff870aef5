/** Where each thing of the map is drawn: computed from kind and name alone, so that nothing moves when time does. Pixels at zoom 1. */
import type { Answer, Item } from '../client/shapes.ts'

export type Copy = Item<'/copies'>
/** Copies that are asked for: every one that the map could draw. */
const copiesMax = 1_000

/** What the map asks for, of one controller. */
export const copiesAsked = (controller: string): { readonly controller: string; readonly gone: string; readonly limit: number } => ({ controller, gone: 'true', limit: copiesMax })

export type Listing = Answer<'/copies'>

/** Copies drawn in one store; the rest are in the list. */
export const copiesPerStoreMax = 40

const [columnWidth, gapWidth, margin] = [316, 166, 16]
const [environmentHead, storeHead, rowHeight, rowGap, boxGap, foot] = [62, 38, 76, 8, 12, 12]
/** Of a store in which nothing is drawn: room to say why. */
const emptyStoreHeight = 86
const moreHeight = 26

export interface Box { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export interface StoreBox extends Box { readonly id: string; readonly kind: string; readonly more: number }
export interface EnvironmentBox extends Box { readonly id: string; readonly class: 'production' | 'non-production' | 'outside'; readonly country: string | null }
export interface CopyBox extends Box { readonly id: string; readonly store: string; readonly column: 0 | 1 }
export interface Edge { readonly id: string; readonly from: string; readonly to: string; readonly kind: 'instruction' | 'finding' | 'declared'; readonly instruction: string | null; readonly lane: number }

export interface Layout { readonly width: number; readonly height: number; readonly environments: readonly EnvironmentBox[]; readonly stores: readonly StoreBox[]; readonly copies: readonly CopyBox[]; readonly edges: readonly Edge[] }

const byName = (one: { readonly id: string }, other: { readonly id: string }): number => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
const rank = { dataset: 0, derived: 1, transfer: 2, finding: 3 } as const

/** What is drawn of a store: findings are never left out before others. */
function drawnOf(copies: readonly Copy[]): Copy[] {
  const wanted = copies.toSorted((one, other) => Number(one.gone) - Number(other.gone) || rank[other.kind] - rank[one.kind] || byName(one, other)).slice(0, copiesPerStoreMax)
  return wanted.toSorted((one, other) => rank[one.kind] - rank[other.kind] || byName(one, other))
}

/** The id under which a sub-processor is drawn: no copy has it. */
export const outsideId = (name: string): string => `outside ${name}`

interface Column { readonly at: 0 | 1; y: number }

/**
 * Lays out every copy that ever was, those that are gone among them: their room stays theirs. Production is left, other environments are right, what is with
 * sub-processors stands below production.
 */
export function layOut({ items, environments, outside }: Pick<Listing, 'items' | 'environments' | 'outside'>): Layout {
  const columns: readonly [Column, Column] = [{ at: 0, y: margin }, { at: 1, y: margin }]
  const found = { environments: [] as EnvironmentBox[], stores: [] as StoreBox[], copies: [] as CopyBox[] }
  const inStore = Map.groupBy(items, ({ store }) => store)
  for (const environment of environments.toSorted(byName)) {
    const column = columns[environment.class === 'production' ? 0 : 1]
    const stores = environment.stores.toSorted(byName).map((store) => ({ id: store.id, kind: store.kind, all: inStore.get(store.id) ?? [] }))
    place(column, { id: environment.id, class: environment.class, country: environment.country }, stores, found)
  }
  if (outside.length > 0) place(columns[0], { id: 'outside', class: 'outside', country: null }, outside.map(({ name }) => ({ id: outsideId(name), kind: 'outside', all: [], rows: [outsideId(name)] })), found)
  return { ...found, edges: edgesOf(items, outside, found.copies), width: margin + columnWidth + (columns[1].y > margin ? gapWidth + columnWidth : 120) + margin, height: Math.max(columns[0].y, columns[1].y) }
}

interface StoreRows { readonly id: string; readonly kind: string; readonly all: readonly Copy[]; readonly rows?: readonly string[] }

function place(column: Column, environment: Pick<EnvironmentBox, 'id' | 'class' | 'country'>, stores: readonly StoreRows[], found: { environments: EnvironmentBox[]; stores: StoreBox[]; copies: CopyBox[] }): void {
  const x = margin + column.at * (columnWidth + gapWidth)
  const top = column.y
  let y = top + environmentHead
  for (const { id, kind, all, rows = drawnOf(all).map((copy) => copy.id) } of stores) {
    const more = rows.length < all.length ? all.length - rows.length : 0
    const height = rows.length === 0 ? emptyStoreHeight : storeHead + rows.length * (rowHeight + rowGap) + (more > 0 ? moreHeight : 0)
    found.stores.push({ id, kind, more, x: x + boxGap, y, width: columnWidth - 2 * boxGap, height })
    rows.forEach((copy, index) => found.copies.push({ id: copy, store: id, column: column.at, x: x + 2 * boxGap - 4, y: y + storeHead + index * (rowHeight + rowGap), width: columnWidth - 4 * boxGap + 8, height: rowHeight }))
    y += height + boxGap
  }
  found.environments.push({ ...environment, x, y: top, width: columnWidth, height: y - top })
  column.y = y + foot + boxGap
}

/** Arrows from what a copy was made from. Each has a lane of its own, so that no two run in one line. */
function edgesOf(items: readonly Copy[], outside: Listing['outside'], drawn: readonly CopyBox[]): Edge[] {
  const there = new Set(drawn.map(({ id }) => id))
  const sourceOf = (id: string): string | undefined => (there.has(id) ? id : there.has(`${id}.0`) ? `${id}.0` : undefined)
  const edges: Omit<Edge, 'lane'>[] = items.filter(({ id, kind }) => there.has(id) && kind !== 'dataset').flatMap((copy) => {
    const sources = [...new Set(copy.from.flatMap((id) => sourceOf(id) ?? []))].filter((id) => id !== copy.id)
    return sources.map((from) => ({ id: `${from} > ${copy.id}`, from, to: copy.id, kind: copy.kind === 'finding' ? 'finding' as const : 'instruction' as const, instruction: copy.instruction }))
  })
  const first = drawn[0]?.id
  for (const { name, disclosures } of outside) if (disclosures > 0 && first !== undefined && there.has(outsideId(name))) edges.push({ id: `${first} > ${name}`, from: first, to: outsideId(name), kind: 'declared', instruction: null })
  return edges.map((edge, lane) => ({ ...edge, lane }))
}

/** Pixels between two lanes; they begin again before they would reach the labels. */
const [laneStep, lanes, laneStart, corner] = [11, 6, 22, 6]

/** The line of an arrow, and where its label stands: near its end. */
export function lineOf(from: CopyBox, to: CopyBox, lane: number): { readonly path: string; readonly label: { readonly x: number; readonly y: number } } {
  const across = from.column !== to.column
  const [left, right] = from.column <= to.column ? [from, to] : [to, from]
  const start = { x: from.column <= to.column ? from.x + from.width : from.x, y: from.y + 18 + (lane % 4) * 10 }
  const end = { x: across ? (from.column < to.column ? to.x : to.x + to.width) : to.x + to.width, y: to.y + to.height / 2 }
  const laneX = left.x + left.width + laneStart + (lane % lanes) * laneStep
  const way = Math.sign(end.y - start.y) * Math.min(corner, Math.abs(end.y - start.y) / 2)
  const [towards, on] = [Math.sign(laneX - start.x) * corner, Math.sign(end.x - laneX) * corner]
  const path = `M${start.x},${start.y} H${laneX - towards} Q${laneX},${start.y} ${laneX},${start.y + way} V${end.y - way} Q${laneX},${end.y} ${laneX + on},${end.y} H${end.x}`
  return { path, label: { x: across ? (laneX + right.x) / 2 + 4 : laneX, y: across ? end.y : end.y - 22 } }
}
