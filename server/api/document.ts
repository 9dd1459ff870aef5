/** The document that describes the API (OpenAPI 3.1), made from the schemas that check it, and a page to read it by. */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { sessionCookie } from './principal.ts'
import { makeNonce, pagePolicy } from './security.ts'

/** Takes note of every route that is added after it. */
export async function registerDocument(app: FastifyInstance, origin: URL, base: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Bailee', version: '1', description: 'What a processor holds of its controllers\' data, under which instruction, and what became of it. The same words as on the command line. Instants are ISO 8601 in UTC; everything that shows state takes `at`.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      servers: [{ url: `${base}/` }],
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: sessionCookie(origin, base), description: 'A person who signed in. What changes something is asked for from our own pages only.' }, token: { type: 'http', scheme: 'bearer', description: 'A token with scopes, for machines.' } } },
    },
    stripBasePath: true,
    transform: jsonSchemaTransform, transformObject: jsonSchemaTransformObject,
  })
}

interface Schema { readonly $ref?: string; readonly type?: string | readonly string[]; readonly enum?: readonly unknown[]; readonly description?: string; readonly items?: Schema; readonly properties?: Readonly<Record<string, Schema>>; readonly anyOf?: readonly Schema[] }
interface Operation { readonly summary?: string; readonly description?: string; readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema?: Schema; readonly description?: string }[]; readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }; readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>> }
interface Described { readonly info: { readonly title: string; readonly description?: string }; readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

/** Serves the document, and a page to read it by. They say nothing of anybody: who may read them is not asked. */
export function addDocument(app: FastifyInstance, base: string): void {
  app.get('/api/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.header('cache-control', 'no-cache').type('application/json').serializer((value) => value as string).send(JSON.stringify(app.swagger())))
  app.get('/api/', { schema: { hide: true } }, async (_request, reply) => {
    const nonce = makeNonce()
    return reply.headers({ 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' }).type('text/html; charset=utf-8').send(referencePage(app.swagger() as unknown as Described, { base, nonce }))
  })
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? '')

const style = ':root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:75ch;margin:2rem auto;padding:0 1rem}code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;border:1px solid currentColor;border-radius:6px;padding:8px}section{border-top:1px solid currentColor;margin-top:24px}h2{font-size:16px}table{border-collapse:collapse}td,th{text-align:left;padding:2px 12px 2px 0;vertical-align:top}'

/** The document as a page, without a script: every route, what it takes, what it answers. */
function referencePage({ info, paths = {} }: Described, { base, nonce }: { base: string; nonce: string }): string {
  const sections = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => sectionOf(`${method.toUpperCase()} ${path}`, operation)))
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(info.title)} API</title><style nonce="${nonce}">${style}</style></head><body><main><h1>${escaped(info.title)} API</h1>
<p>${escaped(info.description ?? '')}</p><p>For machines: <a href="${base}/api/openapi.json">the OpenAPI document</a>.</p><nav aria-label="Routes"><ul>${sections.map(({ id, name, summary }) => `<li><a href="#${id}"><code>${escaped(name)}</code></a> ${escaped(summary)}</li>`).join('')}</ul></nav>${sections.map(({ html }) => html).join('')}</main></body></html>`
}

function sectionOf(name: string, { summary = '', description = '', parameters = [], requestBody, responses = {} }: Operation): { id: string; name: string; summary: string; html: string } {
  const id = name.replace(/[^A-Za-z]+/g, '-').toLowerCase()
  const [body, answer] = [Object.values(requestBody?.content ?? {})[0]?.schema, Object.values(responses['200']?.content ?? {})[0]?.schema]
  const rows = parameters.map((one) => `<tr><td><code>${escaped(one.name)}</code></td><td>${one.in}</td><td>${escaped([one.schema?.enum?.join(' | ') ?? String(one.schema?.type ?? ''), one.description ?? ''].filter((text) => text !== '').join('; '))}</td></tr>`)
  const shape = (title: string, schema: Schema | undefined): string => (schema === undefined ? '' : `<details><summary>${title}</summary><pre tabindex="0">${escaped(JSON.stringify(schema, undefined, 2))}</pre></details>`)
  return { id, name, summary, html: `<section id="${id}"><h2><code>${escaped(name)}</code></h2><p>${escaped(summary)}. ${escaped(description)}</p>${rows.length === 0 ? '' : `<table><thead><tr><th>Name</th><th>In</th><th>What</th></tr></thead><tbody>${rows.join('')}</tbody></table>`}${shape('What is sent', body)}${shape('What is answered', answer)}</section>` }
}
