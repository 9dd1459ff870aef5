#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// As the script that starts this does, for whoever starts it directly.
enableCompileCache(process.env['NODE_COMPILE_CACHE'] ?? join(import.meta.dirname, '../node_modules/.cache/node'))
const [{ main }, { watchOutput }] = await Promise.all([import('./cli/main.ts'), import('./cli/output.ts')])

/** Time for output to be read by whoever reads it slowly. */
const flushMilliseconds = 2_000

const output = watchOutput()
const code = await main(process.argv.slice(2))
process.exitCode = output.isWhole() ? code : 3
// Everything was closed. What still holds the process is a socket that its other end keeps open (a database waiting for a password, say).
setTimeout(() => process.exit(), flushMilliseconds).unref()
