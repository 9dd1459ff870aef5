#!/usr/bin/env node
import { run } from './cli.ts'

const { exit, out, err } = run(process.argv.slice(2))
// Whoever reads it may leave before its end (`| head`), which is no verdict; what a full disk keeps from being written is none either.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return
  process.stderr.write(`bailee-verify: the verdict could not be written: ${message}\n`)
  process.exitCode = 3
})
process.stdout.write(out)
process.stderr.write(err)
process.exitCode = exit
