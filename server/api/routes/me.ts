import type { FastifyInstance } from 'fastify'
import { allDatasets, allStores } from '#inventory'
import { addReading, type RouteContext } from '../route.ts'
import { me } from '../schemas/choices.ts'
import { instructionsOf } from './instructions.ts'
import { pageOfPerson, peopleOf } from './people.ts'

/** `/me`: what whoever asks may do, and how they connect. */
export function addMe(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /me', {
    summary: 'What I may do, and how I connect', answer: me,
    handle: async (asked) => {
      const { principal, bailee: { database } } = asked
      const item = principal.person === null ? undefined : (await peopleOf(asked)).find(({ id }) => id === principal.person)
      if (item === undefined) return { person: null, instructions: [], stores: [] }
      const person = await pageOfPerson(asked, item)
      const mine = new Set(person.grantList.filter(({ state }) => state !== 'revoked').map(({ instruction }) => instruction))
      const held = new Set(person.grantList.filter(({ holds }) => holds).map(({ instruction }) => instruction))
      const instructions = (await instructionsOf(asked)).items.filter(({ id }) => mine.has(id))
      const [datasets, stores] = [await allDatasets(database), await allStores(database)]
      // Only what the gateway could open now: what is over is no road.
      const open = item.standing === 'verified' ? instructions.filter(({ id, inForce }) => inForce && held.has(id)) : []
      return {
        person, instructions,
        stores: open.flatMap(({ id, data, controller }) => {
          const names = new Set(datasets.filter((dataset) => dataset.controller === controller.id && data.some(({ dataset: wanted }) => wanted === dataset.id)).map(({ store }) => store))
          return stores.filter((store) => names.has(store.id) && store.declared.gateway_url !== undefined).map((store) => ({
            store: store.id, environment: store.environment, instruction: id, user: item.id, command: `dbname=${store.id} user=${item.id} options='-c bailee.instruction=${id}'`,
          }))
        }),
      }
    },
  })
}
