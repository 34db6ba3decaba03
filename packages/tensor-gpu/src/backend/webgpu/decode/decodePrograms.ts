import type { CacheDtype } from '../../kvCache.ts';
import { PAGE_POSITIONS } from '../../pageTree.ts';
import { defineProgram, type Program, programFamily } from '../engine/program.ts';
import { LANES, REDUCE_LANES } from '../kernels/lanes.ts';
import { FUNCTIONS } from '../kernels/wgslFunctions.ts';
import { type CellFormat, cellFormat } from './cellFormat.ts';

/** WGSL: where the token at a position of a row's sequence lies, by the table of its pages. */
const PLACE = `
fn placeOf(row: u32, t: u32) -> u32 {
  let page = table[u32(slots[row]) * params.tableWidth + t / ${PAGE_POSITIONS}u];
  return u32(page) * ${PAGE_POSITIONS}u + t % ${PAGE_POSITIONS}u;
}`;

const TABLE_READS = { slots: 'i32', positions: 'i32', table: 'i32' } as const;

/** A cache of this type with heads of that width. */
export type CacheKey = `${CacheDtype} ${number}`;

function partsOf(key: CacheKey): { dtype: CacheDtype; width: number; format: CellFormat } {
  const [dtype, size] = key.split(' ') as [CacheDtype, string]; // as the key is written
  const width = Number(size);
  return { dtype, width, format: cellFormat(dtype, width) };
}

/** Puts new keys and values in their places: a word per lane, or a cell per workgroup, which has a scale. */
export const cacheWrite: (key: CacheKey) => Program = programFamily((key: CacheKey) => {
  const { dtype, width, format } = partsOf(key);
  return defineProgram({
    name: `decode cache ${key}`,
    reads: { k: 'f32', v: 'f32', ...TABLE_READS },
    writes: { keys: 'u32', values: 'u32' },
    params: { size: 'u32', kvHeads: 'u32', tableWidth: 'u32' },
    lanes: LANES,
    ...(dtype === 'int8' && { reductions: REDUCE_LANES }),
    declarations: `
const WIDTH = ${width}u;
const WORDS = ${format.words}u;
fn narrow(x: f32) -> u32 { // to bf16, of equally near ones the even
  let bits = bitcast<u32>(x);
  let isNan = (bits & 0x7fffffffu) > 0x7f800000u;
  return select((bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u, 0x7fc0u, isNan);
}${PLACE}`,
    body: dtype === 'int8' ? INT8_CELL : wordsOf(dtype),
  });
});

/** Lanes are words of all cells, one row after the other. */
const wordsOf = (dtype: 'f32' | 'bf16'): string => {
  const word = (x: string) =>
    dtype === 'f32'
      ? `bitcast<u32>(${x}[i])`
      : `narrow(${x}[2u * i]) | (narrow(${x}[2u * i + 1u]) << 16u)`;
  return `
  let i = block * LANES + lane;
  if (i < params.size) {
    let ofRow = params.kvHeads * WORDS;
    let row = i / ofRow;
    let at = placeOf(row, u32(positions[row])) * ofRow + i % ofRow;
    keys[at] = ${word('k')};
    values[at] = ${word('v')};
  }`;
};

/** `x / scale`, rounded, where `max |x| / scale = 127`. */
const INT8_CELL = `
  let row = block / params.kvHeads;
  let cell = placeOf(row, u32(positions[row])) * params.kvHeads + block % params.kvHeads;
  ${[
    ['k', 'keys'],
    ['v', 'values'],
  ]
    .map(
      ([x, array]) => `{
    var most = 0.0;
    for (var d = lane; d < WIDTH; d += LANES) { most = max(most, abs(${x}[block * WIDTH + d])); }
    let top = maxLanes(most, lane);
    let inverse = select(0.0, 127 / top, top > 0);
    if (lane == 0u) { ${array}[cell * WORDS] = bitcast<u32>(top / 127); }
    for (var w = lane; w + 1u < WORDS; w += LANES) {
      var word = 0u;
      for (var b = 0u; b < 4u; b++) {
        let d = 4u * w + b;
        if (d < WIDTH) { word |= (bitcast<u32>(i32(round(${x}[block * WIDTH + d] * inverse))) & 255u) << (8u * b); }
      }
      ${array}[cell * WORDS + 1u + w] = word;
    }
  }`,
    )
    .join('\n  ')}`;

/** Pages that become copies of others: pairs of numbers, from and to. */
export const copyPages: Program = defineProgram({
  name: 'decode copy of pages',
  reads: { pairs: 'i32' },
  writes: { keys: 'u32', values: 'u32' },
  params: { size: 'u32', pageWords: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let pair = i / params.pageWords;
    let from_ = u32(pairs[2u * pair]) * params.pageWords + i % params.pageWords;
    let to = u32(pairs[2u * pair + 1u]) * params.pageWords + i % params.pageWords;
    keys[to] = keys[from_];
    values[to] = values[from_];
  }`,
});

/** A query and head per workgroup: a lane scores a key, then holds some columns of the sum. */
export const attend: (key: CacheKey) => Program = programFamily((key: CacheKey) => {
  const { width, format } = partsOf(key);
  return defineProgram({
    name: `decode attention ${key}`,
    reads: { q: 'f32', keys: 'u32', values: 'u32', ...TABLE_READS },
    writes: { y: 'f32' },
    params: { heads: 'u32', kvHeads: 'u32', scale: 'f32', tableWidth: 'u32', window: 'u32' },
    lanes: LANES,
    reductions: REDUCE_LANES,
    declarations: `
const WIDTH = ${width}u;
const COLUMNS = ${Math.ceil(width / LANES)}u;
var<workgroup> weights: array<f32, LANES>;${PLACE}${format.read('keys')}${format.read('values')}`,
    body: `
  let row = block / params.heads;
  let head = block % params.heads;
  let kvHead = head / (params.heads / params.kvHeads);
  let length = u32(positions[row]) + 1u;
  let own = block * WIDTH;
  var sums: array<f32, COLUMNS>;
  var most = -1e30;
  var total = 0.0;
  let begin = select(0u, length - params.window, params.window != 0u && length > params.window);
  let tiles = (length + LANES - 1u) / LANES;
  for (var tile = begin / LANES; tile < tiles; tile++) {
    let t = tile * LANES + lane;
    let isSeen = t >= begin && t < length;
    var score = -1e30;
    if (isSeen) {
      let cell = placeOf(row, t) * params.kvHeads + kvHead;
      var product = 0.0;
      for (var d = 0u; d < WIDTH; d++) { product += q[own + d] * keysAt(cell, d); }
      score = product * params.scale;
    }
    let top = max(most, maxLanes(score, lane));
    let shrink = exp(most - top);
    most = top;
    let p = select(0, exp(score - top), isSeen);
    weights[lane] = p;
    total = total * shrink + sumLanes(p, lane);
    for (var c = 0u; c < COLUMNS; c++) {
      let d = c * LANES + lane;
      if (d < WIDTH) {
        var sum = sums[c] * shrink;
        let seen = min(LANES, length - tile * LANES);
        for (var j = 0u; j < seen; j++) {
          let cell = placeOf(row, tile * LANES + j) * params.kvHeads + kvHead;
          sum += weights[j] * valuesAt(cell, d);
        }
        sums[c] = sum;
      }
    }
    workgroupBarrier();
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let d = c * LANES + lane;
    if (d < WIDTH) { y[own + d] = sums[c] / total; }
  }`,
  });
});

/** What a token's experts gave, each times its probability, in the order of their probabilities. */
export const joinExperts: Program = defineProgram({
  name: 'decode experts',
  reads: { probabilities: 'f32', picks: 'i32', places: 'i32', rows: 'f32' },
  writes: { y: 'f32' },
  params: { size: 'u32', width: 'u32', perToken: 'u32', isNormed: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let slot = i / params.width * params.perToken;
    var total = 0.0;
    for (var j = 0u; j < params.perToken; j++) { total += probabilities[picks[slot + j]]; }
    let divisor = select(1.0, total, params.isNormed != 0u);
    var sum = 0.0;
    for (var j = 0u; j < params.perToken; j++) {
      let at = u32(places[slot + j]) * params.width + i % params.width;
      sum += rows[at] * (probabilities[picks[slot + j]] / divisor);
    }
    y[i] = sum;
  }`,
});

/** Numbers that drawing tells of a row: the id (all bits set where no logit is good), and its log-prob. */
export const DRAWN_WORDS = 2;

/**
 * The inverse of the cumulative distribution in the order of the ids, at each row's uniform number; temperature 0 takes
 * the largest logit, of equals the lowest id.
 */
export const drawTokens: Program = defineProgram({
  name: 'decode draw',
  reads: { logits: 'f32', uniforms: 'f32' },
  writes: { drawn: 'u32' },
  params: { vocabulary: 'u32', temperature: 'f32' },
  lanes: LANES,
  declarations: `${FUNCTIONS}
var<workgroup> tops: array<f32, LANES>;
var<workgroup> largest: array<u32, LANES>;
var<workgroup> sums: array<f32, LANES>;`,
  body: `
  let base = block * params.vocabulary;
  let divisor = select(1.0, params.temperature, params.temperature > 0);
  let share = (params.vocabulary + LANES - 1u) / LANES;
  let begin = min(params.vocabulary, lane * share);
  let end = min(params.vocabulary, begin + share);
  var most = -3e38;
  var first = begin;
  for (var j = begin; j < end; j++) {
    if (logits[base + j] > most) { most = logits[base + j]; first = j; }
  }
  tops[lane] = most;
  largest[lane] = first;
  workgroupBarrier();
  var top = -3e38;
  for (var l = 0u; l < LANES; l++) { top = max(top, tops[l]); }
  var sum = 0.0;
  for (var j = begin; j < end; j++) { sum += exp((logits[base + j] - top) / divisor); }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    var lastLane = 0u;
    for (var l = 0u; l < LANES; l++) {
      total += sums[l];
      if (sums[l] > 0) { lastLane = l; }
    }
    var id = 0u;
    var l = 0u;
    if (params.temperature > 0) {
      // a number just below 1 is 1 in f32: the last id that has a weight
      let at = uniforms[block] * total;
      var before = 0.0;
      for (; l < lastLane && before + sums[l] <= at; l++) { before += sums[l]; }
      let last = min(params.vocabulary, (l + 1u) * share);
      for (var j = l * share; j < last; j++) {
        let weight = exp((logits[base + j] - top) / divisor);
        if (weight > 0) { id = j; }
        before += weight;
        if (before > at) { break; }
      }
    } else {
      while (l + 1u < LANES && tops[l] != top) { l++; }
      id = min(largest[l], params.vocabulary - 1u);
    }
    let isGood = total > 0 && (bitcast<u32>(total) & 0x7fffffffu) < 0x7f800000u;
    drawn[block * ${DRAWN_WORDS}u] = select(0xffffffffu, id, isGood);
    drawn[block * ${DRAWN_WORDS}u + 1u] = bitcast<u32>((logits[base + id] - top) / divisor - logarithm(total));
  }`,
});
