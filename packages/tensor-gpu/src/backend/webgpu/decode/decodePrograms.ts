import { defineProgram, type Program, programFamily } from '../engine/program.ts';
import { LANES, REDUCE_LANES } from '../kernels/lanes.ts';
import { FUNCTIONS } from '../kernels/wgslFunctions.ts';

/** Puts new keys and values in their places. */
export const cacheWrite: Program = defineProgram({
  name: 'decode cache',
  reads: { k: 'f32', v: 'f32', places: 'i32' },
  writes: { keys: 'f32', values: 'f32' },
  params: { size: 'u32', width: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let at = u32(places[i / params.width]) * params.width + i % params.width;
    keys[at] = k[i];
    values[at] = v[i];
  }`,
});

/** Numbers of a row in `spans`: where its own keys begin, where its prefix lies, tokens of that, tokens in all. */
export const SPAN_WORDS = 4;

/** A query and head per workgroup: a lane scores a key, then holds some columns of the sum. */
export const attend: (width: number) => Program = programFamily((width: number) =>
  defineProgram({
    name: `decode attention ${width}`,
    reads: { q: 'f32', keys: 'f32', values: 'f32', spans: 'i32' },
    writes: { y: 'f32' },
    params: { heads: 'u32', kvHeads: 'u32', scale: 'f32' },
    lanes: LANES,
    reductions: REDUCE_LANES,
    declarations: `
const WIDTH = ${width}u;
const COLUMNS = ${Math.ceil(width / LANES)}u;
var<workgroup> weights: array<f32, LANES>;
fn placeOf(row: u32, t: u32) -> u32 {
  let prefix = u32(spans[row * ${SPAN_WORDS}u + 2u]);
  if (t < prefix) { return u32(spans[row * ${SPAN_WORDS}u + 1u]) + t; }
  return u32(spans[row * ${SPAN_WORDS}u]) + t - prefix;
}`,
    body: `
  let row = block / params.heads;
  let head = block % params.heads;
  let kvHead = head / (params.heads / params.kvHeads);
  let length = u32(spans[row * ${SPAN_WORDS}u + 3u]);
  let own = block * WIDTH;
  var sums: array<f32, COLUMNS>;
  var most = -1e30;
  var total = 0.0;
  let tiles = (length + LANES - 1u) / LANES;
  for (var tile = 0u; tile < tiles; tile++) {
    let t = tile * LANES + lane;
    var score = -1e30;
    if (t < length) {
      let at = (placeOf(row, t) * params.kvHeads + kvHead) * WIDTH;
      var product = 0.0;
      for (var d = 0u; d < WIDTH; d++) { product += q[own + d] * keys[at + d]; }
      score = product * params.scale;
    }
    let top = max(most, maxLanes(score, lane));
    let shrink = exp(most - top);
    most = top;
    let p = select(0, exp(score - top), t < length);
    weights[lane] = p;
    total = total * shrink + sumLanes(p, lane);
    for (var c = 0u; c < COLUMNS; c++) {
      let d = c * LANES + lane;
      if (d < WIDTH) {
        var sum = sums[c] * shrink;
        let seen = min(LANES, length - tile * LANES);
        for (var j = 0u; j < seen; j++) {
          let at = (placeOf(row, tile * LANES + j) * params.kvHeads + kvHead) * WIDTH;
          sum += weights[j] * values[at + d];
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
  }),
);

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
