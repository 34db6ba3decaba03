import { defineProgram, type Program, programFamily, type WordType } from '../engine/program.ts';

/** Queries, or keys, of a workgroup: one per lane. */
export const LANES_PER_BLOCK = 64;
/** Workgroup memory that every device has. */
const WORKGROUP_BYTES = 16384;

const PARAMS: Record<string, WordType> = {
  ...{ time: 'u32', heads: 'u32', kvHeads: 'u32', scale: 'f32', causal: 'u32', across: 'u32' },
  ...{ tree: 'u32', window: 'u32' },
};

/** Vectors of four in a head of `width`, and rows of two matrices that fit into workgroup memory. */
function sizes(width: number): { fours: number; rows: number } {
  const fours = Math.ceil(width / 4);
  return { fours, rows: Math.max(1, Math.min(16, Math.floor(WORKGROUP_BYTES / (32 * fours)))) };
}

/** WGSL: `NAME(at, i)`, four numbers of a row that begins at `at`; those past its end are 0. */
function loadFour(name: string, array: string, width: number): string {
  const element = (k: number) =>
    width % 4 === 0
      ? `${array}[p + ${k}u]`
      : `select(0, ${array}[p + ${k}u], i * 4u + ${k}u < ${width}u)`;
  return `fn ${name}(at: u32, i: u32) -> vec4f { let p = at + i * 4u; return vec4f(${[0, 1, 2, 3].map(element).join(', ')}); }`;
}

/** WGSL: writes the head's numbers of an array of fours. */
const storeFours = (array: string, values: string, width: number): string => `
    for (var d = 0u; d < ${width}u; d++) { ${array}[own + d] = ${values}[d / 4u][d % 4u]; }`;

const declarations = (width: number, tiles: readonly [string, string]): string => {
  const { fours, rows } = sizes(width);
  return `${IS_VISIBLE}
const FOURS = ${fours}u;
const ROWS = ${rows}u;
${tiles.map((name) => `var<workgroup> ${name}: array<vec4f, ${rows * fours}>;`).join('\n')}
fn dotFours(x: ptr<function, array<vec4f, FOURS>>, tile: u32, at: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < FOURS; i++) {
    sum += dot((*x)[i], select(${tiles[1]}[at + i], ${tiles[0]}[at + i], tile == 0u));
  }
  return sum;
}`;
};

/** Which queries a workgroup has, and what they are: `t`, `segment`, the start of their rows. */
const QUERIES = `
  let qBlock = block % params.across;
  let head = block / params.across % params.heads;
  let item = block / params.across / params.heads;
  let t = qBlock * LANES + lane;
  let isLive = t < params.time;
  let kvHead = head / (params.heads / params.kvHeads);
  var segment = -1;
  if (isLive) { segment = segmentIds[item * params.time + t]; }
  let row = (item * params.heads + head) * params.time + t;
  let end = select(params.time, min(params.time, (qBlock + 1u) * LANES), params.causal != 0u);
  let from_ = qBlock * LANES + 1u;
  let begin = select(0u, from_ - params.window, params.window != 0u && from_ > params.window);`;

/** Puts the next keys and values into workgroup memory. */
const loadKeys = (width: number): string => `
    workgroupBarrier();
    for (var e = lane; e < ROWS * FOURS; e += LANES) {
      let key = first + e / FOURS;
      let at = ((item * params.time + key) * params.kvHeads + kvHead) * ${width}u;
      keys[e] = vec4f();
      values[e] = vec4f();
      if (key < params.time) {
        keys[e] = kFour(at, e % FOURS);
        values[e] = vFour(at, e % FOURS);
      }
    }
    workgroupBarrier();`;

/** WGSL: whether query t sees a key, by the segments of both; see `attention`. */
const IS_VISIBLE = `
fn isVisible(t: u32, key: u32, ofQuery: i32, ofKey: i32) -> bool {
  if (params.tree != 0u) { return key <= t && i32(t) < ofKey && i32(t) < ofQuery; }
  let isNear = params.window == 0u || t < key + params.window;
  return ofQuery >= 0 && ofQuery == ofKey && (params.causal == 0u || key <= t) && isNear;
}`;

const VISIBLE =
  'key < params.time && isVisible(t, key, segment, segmentIds[item * params.time + key])';

/** Softmax as it goes: a new largest score scales down what was added up before. */
const forward = programFamily((width: number) =>
  defineProgram({
    name: `attention ${width}`,
    reads: { q: 'f32', k: 'f32', v: 'f32', segmentIds: 'i32' },
    writes: { y: 'f32', logsumexp: 'f32' },
    params: PARAMS,
    lanes: LANES_PER_BLOCK,
    declarations: `${declarations(width, ['keys', 'values'])}
${loadFour('qFour', 'q', width)}
${loadFour('kFour', 'k', width)}
${loadFour('vFour', 'v', width)}`,
    body: `${QUERIES}
  let own = ((item * params.time + t) * params.heads + head) * ${width}u;
  var query: array<vec4f, FOURS>;
  var sums: array<vec4f, FOURS>;
  if (isLive) { for (var i = 0u; i < FOURS; i++) { query[i] = qFour(own, i) * params.scale; } }
  var most = -1e30;
  var total = 0.0;
  for (var first = begin; first < end; first += ROWS) {${loadKeys(width)}
    if (segment >= 0) {
      for (var j = 0u; j < ROWS; j++) {
        let key = first + j;
        if (${VISIBLE}) {
          let score = dotFours(&query, 0u, j * FOURS);
          if (score > most) {
            let shrink = exp(most - score);
            total *= shrink;
            for (var i = 0u; i < FOURS; i++) { sums[i] *= shrink; }
            most = score;
          }
          let p = exp(score - most);
          total += p;
          for (var i = 0u; i < FOURS; i++) { sums[i] += p * values[j * FOURS + i]; }
        }
      }
    }
  }
  if (isLive) {
    let scale = select(0, 1 / total, total > 0);
    for (var i = 0u; i < FOURS; i++) { sums[i] *= scale; }${storeFours('y', 'sums', width)}
    logsumexp[row] = select(0, most + log(total), total > 0);
  }`,
  }),
);

/** Per query: its log-sum-exp, and `delta = dy . y`. */
const stats = programFamily((width: number) =>
  defineProgram({
    name: `attentionStats ${width}`,
    reads: { y: 'f32', dy: 'f32', logsumexp: 'f32' },
    writes: { stats: 'f32' },
    params: { size: 'u32', time: 'u32', heads: 'u32' },
    lanes: LANES_PER_BLOCK,
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let t = i % params.time;
    let head = i / params.time % params.heads;
    let item = i / params.time / params.heads;
    let own = ((item * params.time + t) * params.heads + head) * ${width}u;
    var sum = 0.0;
    for (var d = 0u; d < ${width}u; d++) { sum += y[own + d] * dy[own + d]; }
    stats[2u * i] = logsumexp[i];
    stats[2u * i + 1u] = sum;
  }`,
  }),
);

/** `dq = sum over keys of p (dy . v - delta) scale k`. */
const queryGradient = programFamily((width: number) =>
  defineProgram({
    name: `attentionQueryGradient ${width}`,
    reads: { q: 'f32', k: 'f32', v: 'f32', segmentIds: 'i32', dy: 'f32', stats: 'f32' },
    writes: { dq: 'f32' },
    params: PARAMS,
    lanes: LANES_PER_BLOCK,
    declarations: `${declarations(width, ['keys', 'values'])}
${loadFour('qFour', 'q', width)}
${loadFour('kFour', 'k', width)}
${loadFour('vFour', 'v', width)}
${loadFour('dyFour', 'dy', width)}`,
    body: `${QUERIES}
  let own = ((item * params.time + t) * params.heads + head) * ${width}u;
  var query: array<vec4f, FOURS>;
  var pull: array<vec4f, FOURS>;
  var sums: array<vec4f, FOURS>;
  var logsumexp = 0.0;
  var delta = 0.0;
  if (isLive) {
    for (var i = 0u; i < FOURS; i++) { query[i] = qFour(own, i) * params.scale; pull[i] = dyFour(own, i); }
    logsumexp = stats[2u * row];
    delta = stats[2u * row + 1u];
  }
  for (var first = begin; first < end; first += ROWS) {${loadKeys(width)}
    if (segment >= 0) {
      for (var j = 0u; j < ROWS; j++) {
        let key = first + j;
        if (${VISIBLE}) {
          let p = exp(dotFours(&query, 0u, j * FOURS) - logsumexp);
          let slope = p * (dotFours(&pull, 1u, j * FOURS) - delta) * params.scale;
          for (var i = 0u; i < FOURS; i++) { sums[i] += slope * keys[j * FOURS + i]; }
        }
      }
    }
  }
  if (isLive) {${storeFours('dq', 'sums', width)} }`,
  }),
);

/** A key per lane; the queries of all heads that share it pass by. */
const keyGradient = programFamily((width: number) =>
  defineProgram({
    name: `attentionKeyGradient ${width}`,
    reads: { q: 'f32', k: 'f32', v: 'f32', segmentIds: 'i32', dy: 'f32', stats: 'f32' },
    writes: { dk: 'f32', dv: 'f32' },
    params: PARAMS,
    lanes: LANES_PER_BLOCK,
    declarations: `${declarations(width, ['queries', 'pulls'])}
${loadFour('qFour', 'q', width)}
${loadFour('kFour', 'k', width)}
${loadFour('vFour', 'v', width)}
${loadFour('dyFour', 'dy', width)}`,
    body: `
  let kBlock = block % params.across;
  let kvHead = block / params.across % params.kvHeads;
  let item = block / params.across / params.kvHeads;
  let key = kBlock * LANES + lane;
  let isLive = key < params.time;
  var segment = -1;
  if (isLive) { segment = segmentIds[item * params.time + key]; }
  let own = ((item * params.time + key) * params.kvHeads + kvHead) * ${width}u;
  let sharing = params.heads / params.kvHeads;
  var keyFours: array<vec4f, FOURS>;
  var valueFours: array<vec4f, FOURS>;
  var keySums: array<vec4f, FOURS>;
  var valueSums: array<vec4f, FOURS>;
  if (isLive) { for (var i = 0u; i < FOURS; i++) { keyFours[i] = kFour(own, i) * params.scale; valueFours[i] = vFour(own, i); } }
  let begin = select(0u, kBlock * LANES, params.causal != 0u);
  let behind = (kBlock + 1u) * LANES + params.window - 1u; // the last query that sees a key of the block
  let end = select(params.time, min(params.time, behind), params.window != 0u);
  for (var member = 0u; member < sharing; member++) {
    let head = kvHead * sharing + member;
    for (var first = begin; first < end; first += ROWS) {
      workgroupBarrier();
      for (var e = lane; e < ROWS * FOURS; e += LANES) {
        let query = first + e / FOURS;
        let at = ((item * params.time + query) * params.heads + head) * ${width}u;
        queries[e] = vec4f();
        pulls[e] = vec4f();
        if (query < params.time) {
          queries[e] = qFour(at, e % FOURS);
          pulls[e] = dyFour(at, e % FOURS);
        }
      }
      workgroupBarrier();
      if (segment >= 0) {
        for (var j = 0u; j < ROWS; j++) {
          let t = first + j;
          if (t < params.time && isVisible(t, key, segmentIds[item * params.time + t], segment)) {
            let row = (item * params.heads + head) * params.time + t;
            let p = exp(dotFours(&keyFours, 0u, j * FOURS) - stats[2u * row]);
            let slope = p * (dotFours(&valueFours, 1u, j * FOURS) - stats[2u * row + 1u]) * params.scale;
            for (var i = 0u; i < FOURS; i++) {
              valueSums[i] += p * pulls[j * FOURS + i];
              keySums[i] += slope * queries[j * FOURS + i];
            }
          }
        }
      }
    }
  }
  if (isLive) {${storeFours('dk', 'keySums', width)}${storeFours('dv', 'valueSums', width)} }`,
  }),
);

/** The programs for heads of a width. */
export function attentionPrograms(width: number): {
  forward: Program;
  stats: Program;
  queryGradient: Program;
  keyGradient: Program;
} {
  return {
    forward: forward(width),
    stats: stats(width),
    queryGradient: queryGradient(width),
    keyGradient: keyGradient(width),
  };
}
