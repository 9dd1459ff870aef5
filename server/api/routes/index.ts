import type { FastifyInstance } from 'fastify'
import type { RouteContext } from '../route.ts'
import { addActivities } from './activities.ts'
import { addBreachChanges } from './breachChanges.ts'
import { addBreaches } from './breaches.ts'
import { addChanges } from './changes.ts'
import { addClient } from './client.ts'
import { addContracts } from './contracts.ts'
import { addControllers } from './controllers.ts'
import { addCopies } from './copies.ts'
import { addDecisions } from './decisions.ts'
import { addErasures } from './erasures.ts'
import { addEvents } from './events.ts'
import { addFindings } from './findings.ts'
import { addInstructions } from './instructions.ts'
import { addLedger } from './ledger.ts'
import { addPeopleRoutes } from './people.ts'
import { addPreview } from './preview.ts'
import { addRegister } from './register.ts'
import { addSession } from './session.ts'
import { addStores } from './stores.ts'
import { addSweeps } from './sweeps.ts'
import { addToday } from './today.ts'
import { addTransfers } from './transfers.ts'

/** Adds every route below `/api/v1`. */
export function addRoutes(app: FastifyInstance, context: RouteContext): void {
  for (const add of [addSession, addEvents, addToday, addControllers, addPreview, addInstructions, addFindings, addSweeps, addCopies, addStores, addActivities, addTransfers, addPeopleRoutes, addDecisions, addErasures, addBreaches, addBreachChanges, addRegister, addContracts, addClient, addLedger, addChanges]) add(app, context)
}
