/** The map: environments as areas, stores as boxes, copies as rows, what they were made from as arrows. Elements of the page: text, focus, one tab stop a copy. */
import { BaseEdge, EdgeLabelRenderer, Handle, MarkerType, Position, ReactFlow, type Edge as FlowEdge, type EdgeProps, type Node, type NodeChange, type NodeProps } from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import IconBucket from '@tabler/icons-react/icons/IconBucket'
import IconDatabase from '@tabler/icons-react/icons/IconDatabase'
import IconFolder from '@tabler/icons-react/icons/IconFolder'
import IconOutside from '@tabler/icons-react/icons/IconBuildingStore'
import IconTriangle from '@tabler/icons-react/icons/IconAlertTriangleFilled'
import { memo, useMemo, type ReactNode } from 'react'
import { Standing } from '../components/standing.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat, type Format } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { lineOf, outsideId, type Copy, type CopyBox, type Edge, type EnvironmentBox, type Layout, type Listing, type StoreBox } from './layout.ts'
import { copiesWords } from './words.ts'
import './map.css'

type CopiesWords = ReturnType<typeof useWords<typeof copiesWords.en>>
type EnvironmentNode = Node<{ box: EnvironmentBox }, 'environment'>
type StoreNode = Node<{ box: StoreBox; state: 'searched' | 'unknown' | 'declared'; why: string | undefined; drawn: boolean }, 'store'>
type CopyNode = Node<{ copy: Copy }, 'copy'>
type OutsideNode = Node<{ name: string; disclosures: number }, 'outside'>
type AnyNode = EnvironmentNode | StoreNode | CopyNode | OutsideNode
type Arrow = FlowEdge<{ edge: Edge; from: CopyBox; to: CopyBox }, 'arrow'>

/** Shows it. Nothing is dragged or zoomed: it is laid out for its own size, and scrolls. */
export function CopiesMap({ layout, shown }: { readonly layout: Layout; readonly shown: Listing }): ReactNode {
  const [words, format, { copy: chosen }, set] = [useWords(copiesWords), useFormat(), useSearchValues(), useSetSearch()]
  const nodes = useMemo(() => nodesOf(layout, shown, chosen, { words, format }), [layout, shown, chosen, words, format])
  const edges = useMemo(() => edgesOf(layout, shown, words), [layout, shown, words])
  const choose = (id: string): void => { if (id !== chosen) set({ copy: id }) }
  const changed = (changes: readonly NodeChange<AnyNode>[]): void => { for (const change of changes) if (change.type === 'select' && change.selected) choose(change.id) }
  return (
    <div className="copies-map panel" tabIndex={-1}>
      <div style={{ width: layout.width, height: layout.height }}>
        <ReactFlow<AnyNode, Arrow>
          nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} onNodesChange={changed} onNodeClick={(_event, node) => { if (node.type === 'copy') choose(node.id) }}
          nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} elementsSelectable zoomOnScroll={false} zoomOnPinch={false} zoomOnDoubleClick={false} panOnDrag={false} panOnScroll={false} preventScrolling={false} minZoom={1} maxZoom={1}
          deleteKeyCode={null} selectionKeyCode={null} multiSelectionKeyCode={null} proOptions={{ hideAttribution: false }} autoPanOnNodeFocus={false}
        />
      </div>
    </div>
  )
}

const at = ({ x, y, width, height }: CopyBox | StoreBox | EnvironmentBox): { position: { x: number; y: number }; width: number; height: number } => ({ position: { x, y }, width, height })
const still = { draggable: false, selectable: false, focusable: false } as const

function nodesOf(layout: Layout, shown: Listing, chosen: string | undefined, { words, format }: { readonly words: CopiesWords; readonly format: Format }): AnyNode[] {
  const copies = new Map(shown.items.map((copy) => [copy.id, copy]))
  const standing = new Map(shown.environments.flatMap(({ stores }) => stores).map(({ id, standing: is }) => [id, is]))
  const why = new Map(shown.searched.notSeen.map((one) => [one.place.split(': ', 1)[0] ?? '', one.why]))
  const outside = new Map(shown.outside.map((one) => [outsideId(one.name), one]))
  return [
    ...layout.environments.map((box): EnvironmentNode => ({ id: `environment ${box.id}`, type: 'environment', data: { box }, ...at(box), ...still, zIndex: 0 })),
    ...layout.stores.map((box): StoreNode => ({ id: `store ${box.id}`, type: 'store', data: { box, state: box.kind === 'outside' ? 'declared' : standing.get(box.id) === 'unknown' ? 'unknown' : 'searched', why: why.get(box.id), drawn: layout.copies.some(({ store, id }) => store === box.id && copies.has(id)) }, ...at(box), ...still, zIndex: 1 })),
    ...layout.copies.flatMap((box): (CopyNode | OutsideNode)[] => {
      const [copy, out] = [copies.get(box.id), outside.get(box.id)]
      if (copy !== undefined) return [{ id: box.id, type: 'copy', data: { copy }, ...at(box), zIndex: 3, selected: box.id === chosen, draggable: false, ariaRole: 'button', ariaLabel: labelOf(copy, words, format), domAttributes: { 'aria-pressed': box.id === chosen } }]
      return out === undefined ? [] : [{ id: box.id, type: 'outside', data: { name: out.name, disclosures: out.disclosures }, ...at(box), ...still, zIndex: 3 }]
    }),
  ]
}

/** What a copy is, for who cannot see the map. */
export function labelOf({ place, store, kind, gone, people, until }: Copy, words: CopiesWords, format: Format): string {
  return [`${place} ${words.inStore(store, '').replace(/,? *$/, '')}`, words.kind[kind], people === null ? words.uncounted : words.people(format.number(people)), ...(kind === 'finding' && !gone ? [words.noInstruction] : []), ...(gone ? [words.gone] : []), ...(until === null ? [] : [words.until(format.day(until))])].join(', ')
}

function edgesOf(layout: Layout, shown: Listing, words: CopiesWords): Arrow[] {
  const copies = new Map(shown.items.map((copy) => [copy.id, copy]))
  const outside = new Map(shown.outside.map((one) => [outsideId(one.name), one]))
  const boxes = new Map(layout.copies.map((box) => [box.id, box]))
  return layout.edges.flatMap((edge): Arrow[] => {
    const [from, to, target] = [boxes.get(edge.from), boxes.get(edge.to), copies.get(edge.to)]
    if (from === undefined || to === undefined || !copies.has(edge.from) || (edge.kind === 'declared' ? (outside.get(edge.to)?.disclosures ?? 0) === 0 : target === undefined || target.gone)) return []
    const colour = edge.kind === 'finding' ? 'var(--invalid)' : 'var(--edge-strong)'
    return [{ id: edge.id, source: edge.from, target: edge.to, type: 'arrow', data: { edge, from, to }, focusable: false, selectable: false, zIndex: 2, ariaLabel: `${copies.get(edge.from)?.place ?? ''} → ${target?.place ?? edge.to}: ${labelOfEdge(edge, words)}`, markerEnd: { type: MarkerType.ArrowClosed, color: colour, width: edge.kind === 'finding' ? 11 : 16, height: edge.kind === 'finding' ? 11 : 16 } }]
  })
}

const labelOfEdge = ({ kind, instruction }: Edge, words: CopiesWords): string => (kind === 'finding' ? words.noInstruction : kind === 'declared' ? words.declaredArrow : instruction ?? '')

const ArrowLine = memo(function ArrowLine({ id, data, markerEnd }: EdgeProps<Arrow>): ReactNode {
  const words = useWords(copiesWords)
  if (data === undefined) return null
  const { path, label } = lineOf(data.from, data.to, data.edge.lane)
  const text = labelOfEdge(data.edge, words)
  return (
    <>
      <BaseEdge id={id} path={path} className={`arrow-${data.edge.kind}`} {...(markerEnd === undefined ? {} : { markerEnd })} />
      {text === '' ? null : <EdgeLabelRenderer><span className={`arrow-label arrow-label-${data.edge.kind}`} style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }} aria-hidden>{text}</span></EdgeLabelRenderer>}
    </>
  )
})

const Ends = (): ReactNode => <><Handle type="target" position={Position.Left} isConnectable={false} /><Handle type="source" position={Position.Right} isConnectable={false} /></>

const EnvironmentArea = memo(function EnvironmentArea({ data: { box } }: NodeProps<EnvironmentNode>): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const name = box.class === 'outside' ? words.outside : box.id
  const what = box.class === 'outside' ? words.theirWord : [box.class === 'production' ? words.production : words.nonProduction, box.country === null ? words.runUs : words.run(format.country(box.country))].join(' · ')
  return <div className="map-environment"><strong>{name}</strong><span className="muted small">{what}</span></div>
})

const storeIcons: Readonly<Record<string, typeof IconDatabase>> = { outside: IconOutside, files: IconFolder, folder: IconFolder, s3: IconBucket }

const StoreArea = memo(function StoreArea({ data: { box, state, why, drawn } }: NodeProps<StoreNode>): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const Icon = storeIcons[box.kind] ?? IconDatabase
  return (
    <div className={`map-store map-store-${state}${drawn || box.kind === 'outside' ? '' : ' is-empty'}`}>
      <div className="map-store-head"><Icon size={16} stroke={1.75} aria-hidden /><strong>{box.kind === 'outside' ? box.id.replace(/^outside /, '') : box.id}</strong><span className="muted small">{state === 'declared' ? words.declaredArrow : state === 'unknown' ? words.notSearched : words.searched}</span></div>
      {state === 'unknown' && !drawn ? <div className="map-unknown"><Standing is="unknown" /><span className="small">{why ?? words.unknownHere}</span></div> : null}
      {state === 'searched' && !drawn ? <p className="small muted map-nothing">{words.empty}</p> : null}
      {box.more > 0 ? <p className="small map-more">{words.more(format.number(box.more))}</p> : null}
    </div>
  )
})

const CopyRow = memo(function CopyRow({ data: { copy }, selected }: NodeProps<CopyNode>): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const found = copy.kind === 'finding' && !copy.gone
  return (
    <div className={`map-copy${found ? ' is-found' : ''}${copy.gone ? ' is-gone' : ''}${copy.standing === 'declared' ? ' is-declared' : ''}${selected ? ' is-chosen' : ''}`}>
      <Ends />
      <span className="names map-place">{copy.place === '' ? words.unreadable : copy.place}</span>
      <span className="map-count">{found ? <IconTriangle size={15} aria-hidden /> : null}{found ? <strong>{words.found(format.number(copy.people ?? 0))}</strong> : copy.people === null ? (copy.rows === null ? words.uncounted : words.rows(format.number(copy.rows))) : words.people(format.number(copy.people))}</span>
      <span className="muted small map-caption">{captionOf(copy, words, format)}</span>
    </div>
  )
})

function captionOf({ kind, gone, instruction, until, others }: Copy, words: CopiesWords, format: Format): string {
  if (gone) return kind === 'finding' ? words.gone : words.goneErased
  return [words.kind[kind], ...(instruction === null ? [] : [instruction]), ...(until === null ? [] : [words.until(format.day(until))]), ...(others > 0 ? [words.mixed(others)] : [])].join(', ')
}

const OutsideRow = memo(function OutsideRow({ data: { disclosures } }: NodeProps<OutsideNode>): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  return <div className="map-copy is-declared"><Ends /><span className="map-count">{disclosures === 0 ? words.never : words.disclosures(format.number(disclosures))}</span><span className="muted small">{words.theirWord}</span></div>
})

const nodeTypes = { environment: EnvironmentArea, store: StoreArea, copy: CopyRow, outside: OutsideRow }
const edgeTypes = { arrow: ArrowLine }

/** What each kind of line means. */
export function Legend(): ReactNode {
  const words = useWords(copiesWords)
  return (
    <ul className="map-legend small">
      <li><span className="legend-line line-instruction" aria-hidden />{words.legendInstruction}</li><li><span className="legend-line line-finding" aria-hidden />{words.legendNone}</li>
      <li><span className="legend-line line-declared" aria-hidden />{words.legendDeclared}</li><li><span className="legend-hatch" aria-hidden />{words.legendUnknown}</li>
    </ul>
  )
}
