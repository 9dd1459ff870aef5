import fc from 'fast-check'

/**
 * The same commit gives the same verdict: properties draw from one seed. To look further than it does, name another one:
 * `BAILEE_SEED=$RANDOM ./bailee test --long`; a seed that fails becomes a named example.
 */
fc.configureGlobal({ seed: Number(process.env['BAILEE_SEED'] ?? '2019') })
