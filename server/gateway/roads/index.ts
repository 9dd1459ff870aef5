/** Everything that leads to client data beside the gateway: found on the client's own database, recorded, closed when it is gone. */
export { lookAtRoads, type RoadContext, type RoadReport } from './record.ts'
export { allRoads } from './store.ts'
export { roadKinds, type BreakGlass, type NotSeen, type Road, type RoadKind, type RoadState } from './types.ts'
