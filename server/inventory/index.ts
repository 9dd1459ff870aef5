/** Where client data is: environments, stores, datasets; and the one way to read each kind of store. */
import type { Apply } from '#ledger'
import { applyDataset, applyEnvironment, applyReplication, applyStore } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { environment: applyEnvironment, store: applyStore, dataset: applyDataset, replication: applyReplication }
export { allDatasets, allDerived, allEnvironments, allReplications, allStores } from './store.ts'
export { csvFields } from './csvFields.ts'
export { derivedDraft, derivedId, droppedDraft } from './derived.ts'
export { markerUnder, shownByForm, type Marker } from './marks.ts'
export { suggestColumn, type Suggestion } from './suggest.ts'
export { describedTable, parsePlace, printPlace, tableAt, type TablePlace } from './place.ts'
export { isFileKind, ownParts, printTable, type FileKind, type OwnParts } from './datasetPlace.ts'
export type { DatasetReader, DatasetReplication, DatasetRows } from './datasetReader.ts'
export { isServerKind, rowsOfDataset, type DatasetSource } from './datasetRows.ts'
export { isPlainPredicate, namesNobody, predicateProblem } from './predicate.ts'
export { bucketAccessOf, folderOf } from './reach.ts'
export { resolveReference, type References } from './reference.ts'
export * from './adapter/index.ts'
export type { ColumnDeclared, Dataset, DatasetTable, DerivedDataset, Environment, EnvironmentClass, Replication, Store, StoreDeclared, StoreKind } from './types.ts'
