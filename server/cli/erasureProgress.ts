/** An erasure that workers carry out: leaving it to them, how far it is, holding it back and letting it go on. */
import type { Command } from 'commander'
import { handErasure, type Bailee } from '#composition'
import { environmentsLeft, findErasure, pauseErasure, resumeErasure, stepsOf, type Erasure, type Step } from '#erasure'
import { allWorkers, openJobs, type ListedJob, type Worker } from '#job'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { jobLine, workerLine } from './worker.ts'

/** `bailee erasure run --by-workers`. */
export async function leaveToWorkers(id: string, options: CommonOptions & { as: string }): Promise<void> {
  await withBailee(options, async (bailee) => {
    const erasure = await findErasure(bailee.ledger, id)
    await hand(bailee, { erasure: erasure.id, operator: options.as })
    say(options, { ok: true, erasure: erasure.id, state: erasure.state }, () => [`${erasure.id} is left to the workers.`, `  how far it is: bailee erasure show ${erasure.id}`])
  })
}

async function hand(bailee: Bailee, left: { erasure: string; operator: string }): Promise<void> {
  const jobs = await openJobs(bailee.database)
  await handErasure(bailee, jobs, left)
  await jobs.close()
}

interface Shown { readonly erasure: Erasure; readonly steps: readonly Step[]; readonly left: readonly string[]; readonly workers: readonly Worker[]; readonly jobs: readonly ListedJob[] }

/** `bailee erasure show`, `pause`, `resume`. */
export function addProgress(erasure: Command): void {
  common(erasure.command('show <erasure>').summary('how far it is, and who works on it').description('how far it is: state, places, who works on it, time left')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async (bailee) => {
      const shown = await look(bailee, id)
      const { plan, again, ...told } = shown.erasure
      say(options, { ...told, round: plan?.round ?? 0, places: plan?.items.length ?? 0, residual: again?.residual ?? null, environments_left: shown.left, steps: shown.steps, workers: shown.workers, jobs: shown.jobs }, () => showLines(shown))
    })
  })
  common(erasure.command('pause <erasure>').description('hold it back: whoever works stops between two places')).requiredOption('--as <person>', 'who holds it back')
    .action(async (id: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        const state = await pauseErasure(ledger, { erasure: id, by: options.as }, at)
        say(options, { ok: true, erasure: state.id, state: state.state, paused: true }, () => [`${state.id} is held back; its deadline is ${formatDay(state.deadline)}.`, `  next: bailee erasure resume ${state.id} --as ID`])
      })
    })
  common(erasure.command('resume <erasure>').summary('let it go on').description('let it go on; the workers take it up where it stopped')).requiredOption('--as <person>', 'who lets it go on')
    .action(async (id: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async (bailee, at) => {
        const state = await resumeErasure(bailee.ledger, { erasure: id, by: options.as }, at)
        const left = (await look(bailee, state.id)).jobs.some(({ queue }) => queue.startsWith('erasure'))
        if (left) await hand(bailee, { erasure: state.id, operator: state.operator ?? options.as })
        say(options, { ok: true, erasure: state.id, state: state.state, paused: false, left_to_workers: left }, () => [`${state.id} goes on.`, left ? '  the workers take it up' : `  next: bailee erasure run ${state.id} --as ID`])
      })
    })
}

async function look({ ledger, database }: Bailee, id: string): Promise<Shown> {
  const erasure = await findErasure(ledger, id)
  const jobs = await openJobs(database)
  const listed = await jobs.listed(erasure.id)
  await jobs.close()
  const workers = (await allWorkers(database)).filter(({ subject, progress }) => subject === erasure.id || progress?.work.includes(erasure.id) === true)
  return { erasure, steps: (await stepsOf(database, erasure.id)).filter(({ round }) => round === erasure.plan?.round), left: erasure.state === 'erasing' ? await environmentsLeft(ledger, erasure) : [], workers, jobs: listed }
}

function showLines({ erasure, steps, left, workers, jobs }: Shown): string[] {
  const done = steps.filter(({ state }) => state === 'done')
  const rows = done.reduce((sum, { rowsErased }) => sum + (rowsErased ?? 0), 0)
  return [
    `${erasure.id} is ${erasure.state}${erasure.pausedBy === null ? '' : `, held back by ${erasure.pausedBy}`}; deadline ${formatDay(erasure.deadline)}`,
    ...(erasure.plan === null ? [] : [`  round ${erasure.plan.round}: ${done.length} of ${erasure.plan.items.length} places done, ${rows.toLocaleString('en-GB')} rows erased${left.length === 0 ? '' : `; to be erased yet in ${left.join(', ')}`}`]),
    ...steps.filter(({ state }) => state === 'blocked').map((step) => `  ✗ ${step.store}: ${step.place}  ${step.detail.because ?? ''}`),
    ...(erasure.again === null ? [] : [`  searched again: ${erasure.again.residual} people still found`]),
    ...workers.map((worker) => `  ${workerLine(worker)}`),
    ...jobs.filter(({ state }) => state !== 'done').map(jobLine),
    ...(workers.length === 0 && jobs.some(({ state }) => state === 'waiting') ? ['  nobody works on it now: bailee worker'] : []),
  ]
}
