// The state as the JavaScript side sets and reads it: one number a setting and a count, in the order listed in ../machine.ts.
import { State } from "./state";

export function setSetting(s: State, setting: i32, value: f64): void {
  switch (setting) {
    case 0: s.mode = <i32>value; break;
    case 1: s.delimiter = <u8>value; break;
    case 2: s.fieldBytesMax = <i32>value; break;
    case 3: s.idFields = <i32>value; break;
    case 4: s.scratch = <usize>value; break;
    case 5: s.side = <usize>value; break;
    case 6: s.fold = <usize>value; break;
    case 7: s.shapes = <usize>value; break;
    case 8: s.rowHits = <usize>value; break;
    case 9: s.keys = <usize>value; break;
    case 10: s.slots = <u32>value; break;
    case 11: s.ownerInfo = <usize>value; break;
    case 12: s.datasetInfo = <usize>value; break;
    case 13: s.rowDatasets = <usize>value; break;
    case 14: s.fieldHits = <usize>value; break;
    case 15: s.fieldHitsMask = <u32>value; break;
    case 16: s.touched = <usize>value; break;
    case 17: s.touchedMax = <u32>value; break;
    case 18: s.out = <usize>value; break;
    case 19: s.outRows = <u32>value; break;
    case 20: s.columnOfField = <usize>value; break;
    case 21: s.columnFieldsMax = <i32>value; break;
    case 22: s.columns = <i32>value; break;
    case 23: s.links = <usize>value; break;
    case 24: s.linkCount = <i32>value; break;
    case 25: s.profiles = <usize>value; break;
    case 26: s.rowTokens = <usize>value; break;
    case 27: s.waiting = <usize>value; break;
    case 28: s.waitingRows = <usize>value; break;
    case 29: s.shape = <i32>value; break;
    case 30: s.decoded = <usize>value; break;
    case 31: s.lean = value != 0; break;
    case 32: s.tokenBits = <u32>value; break;
    case 33: s.marks = <usize>value; break;
    case 34: s.marksShift = <usize>value; break;
    case 35: s.linkInfo = <usize>value; break;
    case 36: s.linkLists = <i32>value; break;
    case 37: break; // what linkInfo points into
    case 38: s.forms = <usize>value; break;
    case 39: s.sketch = <usize>value; break;
    case 40: s.sketchList = <usize>value; break;
    case 41: s.sketchMask = <u32>value; break;
    case 42: s.sketchMax = <u32>value; break;
    case 43: s.components = <usize>value; break;
    case 44: s.componentBits = <usize>value; break;
    case 45: s.combinations = <i32>value; break;
    case 46: s.componentCount = <i32>value; break;
    case 47: s.componentRegion = <i32>value; break;
    case 48: s.dayOrders = <usize>value; break;
    case 49: s.bloom = <usize>value; break;
    case 50: s.bloomWords = <u32>value; break;
    case 51: s.sifted = <usize>value; break;
    case 52: s.tried = <usize>value; break;
    case 53: s.firstSlots = <usize>value; break;
    case 54: s.firstMarks = <usize>value; break;
    case 55: s.firstMask = <u32>value; break;
    case 56: s.checks = <usize>value; break;
    case 57: s.quoteless = value != 0; break;
    default: unreachable();
  }
}

export function readCount(s: State, which: i32): f64 {
  switch (which) {
    case 0: return <f64>s.rows;
    case 1: return <f64>s.values;
    case 2: return <f64>s.tooLong;
    case 3: return <f64>s.brokenQuotes;
    case 4: return <f64>s.fieldsMax;
    case 5: return <f64>s.probes;
    case 6: return <f64>s.owned;
    case 7: return <f64>s.fieldHitsLost;
    case 8: return <f64>s.rowHitsLost;
    case 9: return <f64>s.touchedCount;
    case 10: return <f64>s.outCount;
    case 11: return s.endedInside ? 1 : 0;
    case 12: return s.inner;
    case 13: return <f64>s.sketchCount;
    case 14: return <f64>s.sketchBelow;
    default: unreachable();
  }
  return 0;
}

export function beginStream(s: State): void {
  s.atStart = true;
  s.digestsWaiting = 0;
  s.digestRegions = 0;
  s.skipping = false;
  s.literal = false;
  s.field = 0;
  s.rowStart = 0;
  s.rows = 0;
  s.inner = 0;
  s.textRows = 0;
  s.values = 0;
  s.tooLong = 0;
  s.brokenQuotes = 0;
  s.fieldsMax = 0;
  s.probes = 0;
  s.owned = 0;
  s.fieldHitsLost = 0;
  s.rowHitsLost = 0;
  s.touchedCount = 0;
  s.outCount = 0;
  s.fieldHitsUsed = 0;
  s.endedInside = false;
  s.crowded = false;
  s.hits = 0;
  s.weakHits = 0;
  s.gathered = 0;
  s.waitingCount = 0;
  s.waitingRowCount = 0;
  s.rowWaits = false;
  s.rowDays = 0;
  s.rowNames = 0;
}
