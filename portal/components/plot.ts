/** The parts of the chart library that are used: a part that is not named here is not in what a browser loads. */
export { areaY, axisX, axisY, barX, barY, dot, gridX, gridY, line, lineY, plot, rectX, rectY, ruleX, ruleY, text, tickX, tickY } from '@observablehq/plot'
