import type { Answer } from '../client/shapes.ts'

export type Start = Answer<'/start'>
export type StepName = Start['steps'][number]['step']
