// What the scanner knows between two calls. All regions lie in the imported memory, where the JavaScript side puts them.

/** What happens to a value: looked up and counted, looked up to list rows, written out for an index, or nothing: only where records end. */
export const modeSearch: i32 = 0;
export const modeLocate: i32 = 1;
// What is not looked up comes last.
export const modeScreen: i32 = 2;
export const modeBuild: i32 = 3;
export const modeCut: i32 = 4;

/** How the bytes are read: delimited rows, text, or anything at all. */
export const shapeRows: i32 = 0;
export const shapeText: i32 = 1;
export const shapeBytes: i32 = 2;

/** Bytes of a normal form. Longer values are text, and are neither indexed nor looked up. */
export const valueBytesMax: i32 = 512;
/** Hits kept of one row; weak ones fill only a quarter, so that small numbers cannot crowd out an e-mail address. */
export const rowHitsMax: i32 = 128;
export const rowWeakHitsMax: i32 = 32;
/** Tokens looked up together: their memory is touched first, so that many misses are waited for at once. */
export const batchTokens: i32 = 1024;
/** Bytes of a waiting token (token u64, field u16 at 8, row u32 at 12) and of its row (start f64, end f64, ordinal f64). */
export const waitingBytes: i32 = 16;
export const waitingRowBytes: i32 = 24;
/** Bytes of one hit of the current row: token u64, slot's place u32, owner u16, linked u8; in text where it starts f64 at 16 and ends f64 at 24. */
export const hitBytes: i32 = 32;

export class State {
  mode: i32 = 0;
  delimiter: u8 = 0x2c;
  /** Quotes mean nothing: in rows of COPY. */
  quoteless: bool = false;
  fieldBytesMax: i32 = 0;
  /** Leading fields that identify the row in its place and are not searched. */
  idFields: i32 = 0;

  key0: u64 = 0;
  key1: u64 = 0;

  // Regions: see layout in the JavaScript side.
  scratch: usize = 0;
  side: usize = 0;
  fold: usize = 0;
  shapes: usize = 0;
  rowHits: usize = 0;
  keys: usize = 0;
  keysEnd: usize = 0;
  slots: u32 = 0;
  slotShift: usize = 0;
  lean: bool = false;
  tokenBits: u32 = 0;
  tokenMask: u64 = 0;
  /** Of the lean layout: sixteen bits more of each slot's token, u16; 0 where there is no memory for them. */
  checks: usize = 0;
  /** The Bloom filter of the table, and the numbers of those that passed it: see bloom. */
  bloom: usize = 0;
  bloomWords: u32 = 0;
  sifted: usize = 0;
  /** Most tokens of the last batch were known. */
  crowded: bool = false;
  marks: usize = 0;
  /** The set of the first marks: see marks. */
  firstSlots: usize = 0;
  firstMarks: usize = 0;
  firstMask: u32 = 0;
  marksShift: usize = 0;
  linkInfo: usize = 0;
  linkLists: i32 = 0;
  ownerInfo: usize = 0;
  datasetInfo: usize = 0;
  rowDatasets: usize = 0;
  fieldHits: usize = 0;
  fieldHitsMask: u32 = 0;
  touched: usize = 0;
  touchedMax: u32 = 0;
  out: usize = 0;
  outRows: u32 = 0;
  columnOfField: usize = 0;
  columnFieldsMax: i32 = 0;
  columns: i32 = 0;
  links: usize = 0;
  linkCount: i32 = 0;
  profiles: usize = 0;
  rowTokens: usize = 0;
  waiting: usize = 0;
  waitingRows: usize = 0;
  shape: i32 = 0;
  /** What was decoded of a run of text: 4,096 bytes, places of groups of digits at 5,120, and what was encoded at 5,248. */
  decoded: usize = 0;
  /** By column the first out region of its further forms, 0 for none. */
  forms: usize = 0;
  /** Values that wait to be digested together, and their out regions, a byte each: see digests. */
  digestsWaiting: i32 = 0;
  digestRegions: i32 = 0;
  /** The sample of all values: a set of entries, the same entries as a list, and the bound below which tokens are in it; see sketch. */
  sketch: usize = 0;
  sketchList: usize = 0;
  sketchMask: u32 = 0;
  sketchMax: u32 = 0;
  sketchCount: u32 = 0;
  sketchBelow: u64 = 0;
  /** Short values that were tried lately: see sketch. */
  tried: usize = 0;

  /** Days and names of the current row; which are components of combinations, in a build which make each; kinds of combinations, in a build their number. */
  components: usize = 0;
  componentBits: usize = 0;
  combinations: i32 = 0;
  /** In a build: components, and the out region of the first of them; what is known of each column's order of day and month. */
  componentCount: i32 = 0;
  componentRegion: i32 = 0;
  dayOrders: usize = 0;

  // The stream so far.
  atStart: bool = false; // set by begin
  skipping: bool = false;
  literal: bool = false;
  field: i32 = 0;
  rowStart: f64 = 0;

  // Counts of the stream.
  rows: f64 = 0;
  /** Values tried that are no whole fields. */
  inner: f64 = 0;
  /** Rows of text that held a known value. */
  textRows: f64 = 0;
  values: f64 = 0;
  tooLong: f64 = 0;
  brokenQuotes: f64 = 0;
  fieldsMax: i32 = 0;
  probes: f64 = 0;
  owned: f64 = 0;
  /** The stream ended inside quotes: had it gone on, its last record might read otherwise. */
  endedInside: bool = false;
  fieldHitsUsed: u32 = 0;
  fieldHitsLost: f64 = 0;
  rowHitsLost: f64 = 0;
  touchedCount: u32 = 0;
  /** Up to before this slot marks were taken away: see marks. */
  takenTo: u32 = 0;
  outCount: u32 = 0;

  // Tokens that wait for their batch, and rows that have some.
  waitingCount: i32 = 0;
  waitingRowCount: i32 = 0;
  rowWaits: bool = false;
  /** Known values of the last batch. */
  batchHits: i32 = 0;

  // The row and value being looked at.
  rowDays: i32 = 0;
  rowNames: i32 = 0;
  hitField: i32 = 0;
  touchedKeys: u64 = 0;
  hitStart: f64 = 0;
  hitEnd: f64 = 0;
  windowFrom: usize = 0;
  windowBase: f64 = 0;
  hits: i32 = 0;
  weakHits: i32 = 0;
  /** Datasets of the values of this row that are settled already: a cell may list thousands of people. */
  gathered: i32 = 0;
  /** Other reading of the day in scratch (yyyymmdd), 0 when there is none; and which readings are days: 1 day first, 2 month first, 3 both. */
  otherDay: i32 = 0;
  dayOrder: i32 = 0;
  orBits: u64 = 0;
  andBits: u64 = 0;

  /** Lengths that known shapes have, and those that have digits only: a bit each, the last for all beyond. */
  lengths: u64 = 0;
  digitLengths: u64 = 0;
  /** The least of them, at most 8. */
  lengthMin: i32 = 0;
  /** Some known shape is not ASCII. */
  wideKnown: bool = false;
}
