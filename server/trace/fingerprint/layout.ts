/** Sizes that the index and the scanner share. */

/** Identifying columns of one dataset: masks of a row are one byte. */
export const columnsMax = 8

/** Bytes of one column's profile in the scanner's memory. */
export const profileBytes = 2640

/** Bytes of the set of shapes: one a shape. */
export const shapesBytes = 8192

/** A value in more records than this names nobody: it is left out. */
export const frequencyMax = 20
