#!/usr/bin/env node
import { run } from './cli.ts'

const { exit, out, err } = run(process.argv.slice(2))
process.stdout.write(out)
process.stderr.write(err)
process.exitCode = exit
