import type { FastifyInstance } from 'fastify'
import type { RouteContext } from '../route.ts'
import { addControllers } from './controllers.ts'
import { addFindings } from './findings.ts'
import { addInstructions } from './instructions.ts'
import { addSession } from './session.ts'
import { addToday } from './today.ts'

/** Adds every route below `/api/v1`. */
export function addRoutes(app: FastifyInstance, context: RouteContext): void {
  for (const add of [addSession, addToday, addControllers, addInstructions, addFindings]) add(app, context)
}
