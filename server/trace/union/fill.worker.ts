/** A thread that builds shards of a union filter and puts them into the memory it shares. */
import { parentPort, workerData } from 'node:worker_threads'
import { Broken } from '#kit/errors'
import { attachFilter, createShardBuilder } from './filter.ts'
import type { BuildAnswer, BuilderData, BuildRequest } from './fill.ts'

const { place } = workerData as BuilderData
const builder = createShardBuilder(place.shape)
const { put } = attachFilter(place.memory, place.shape, place.at)

parentPort?.on('message', ({ shard, tokens }: BuildRequest) => {
  const answer = (said: BuildAnswer): void => parentPort?.postMessage(said)
  try {
    const built = builder.build(tokens)
    put(shard, built)
    answer({ shard, keys: built.keys })
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    answer({ shard, code: cause.code, message: cause.message })
  }
})
