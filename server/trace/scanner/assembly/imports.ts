/** Normal form of `length` bytes at `from` that are not simple: the result is written to scratch, its length returned. */
// @ts-ignore: decorator
@external("env", "normaliseText")
export declare function normaliseText(from: usize, length: i32): i32;

/** The out region is full: take what is there. */
// @ts-ignore: decorator
@external("env", "drain")
export declare function drain(): void;

/** Asks the union filter about `count` waiting tokens; see filter.ts. */
// @ts-ignore: decorator
@external("env", "screen")
export declare function screen(waiting: usize, count: i32): i32;
