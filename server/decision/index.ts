/** Is this act covered? Pure: no clock, disk, network or package. */
export { compile, monthsLater, type Index } from './compile.ts'
export { decide } from './decide.ts'
export { lapsesOf, reminderDays, type Lapse } from './lapse.ts'
export { dimensions, type Act, type Decision, type Dimension, type World } from './types.ts'
