/** The document that describes the API (OpenAPI 3.1), made from the schemas that check it, and a page to read it by. */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { sessionCookie } from './principal.ts'
import type { RouteContext } from './route.ts'

/** Takes note of every route that is added after it. */
export async function registerDocument(app: FastifyInstance, base: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Bailee', version: '1', description: 'What a processor holds of its controllers\' data, under which instruction, and what became of it. The same words as on the command line. Instants are ISO 8601 in UTC; everything that shows state takes `at`.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      servers: [{ url: `${base}/` }],
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: sessionCookie, description: 'A person who signed in. What changes something is asked for from our own pages only.' }, token: { type: 'http', scheme: 'bearer', description: 'A token with scopes, for machines.' } } },
    },
    stripBasePath: true,
    transform: jsonSchemaTransform, transformObject: jsonSchemaTransformObject,
  })
}

/** Serves the document. It says nothing of anybody: who may read it is not asked. */
export function addDocument(app: FastifyInstance, _context: RouteContext): void {
  app.get('/api/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.header('cache-control', 'no-cache').type('application/json').serializer((value) => value as string).send(JSON.stringify(app.swagger())))
}
