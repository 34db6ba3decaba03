import { defineProgram, type Program } from '../engine/program.ts';
import { LANES } from './lanes.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';

/** A token per lane: its largest probabilities one after the other, of equals the first. */
const choose = defineProgram({
  name: 'chooseExperts',
  reads: { probabilities: 'f32' },
  writes: { chosen: 'i32', picks: 'i32' },
  params: { tokens: 'u32', experts: 'u32', k: 'u32' },
  body: `
  let token = block * LANES + lane;
  if (token < params.tokens) {
    let begin = token * params.experts;
    var last = 0.0;
    var lastExpert = 0u;
    for (var j = 0u; j < params.k; j++) {
      var best = -3.4e38;
      var expert = j; // where nothing is comparable
      for (var e = 0u; e < params.experts; e++) {
        let p = probabilities[begin + e];
        let isNext = j == 0u || p < last || (p == last && e > lastExpert);
        if (isNext && p > best) { best = p; expert = e; }
      }
      last = best;
      lastExpert = expert;
      chosen[token * params.k + j] = i32(expert);
      picks[token * params.k + j] = i32(begin + expert);
    }
  }`,
});

/** An expert per workgroup: it counts the choices of the experts before it, then places its own in their order. */
const sort = defineProgram({
  name: 'sortByExpert',
  reads: { chosen: 'i32' },
  writes: { offsets: 'i32', tokens: 'i32', places: 'i32', owners: 'i32' },
  params: { slots: 'u32', experts: 'u32', k: 'u32' },
  lanes: LANES,
  declarations: `
var<workgroup> before: atomic<u32>;
var<workgroup> mine: array<u32, LANES>;`,
  body: `
  var count = 0u;
  for (var slot = lane; slot < params.slots; slot += LANES) {
    if (u32(chosen[slot]) < block) { count++; }
  }
  atomicAdd(&before, count); // whole numbers: any order gives the same
  workgroupBarrier();
  var next = atomicLoad(&before);
  if (lane == 0u) {
    offsets[block] = i32(next);
    if (block + 1u == params.experts) { offsets[params.experts] = i32(params.slots); }
  }
  for (var first = 0u; first < params.slots; first += LANES) {
    let slot = first + lane;
    mine[lane] = 0u;
    if (slot < params.slots && u32(chosen[slot]) == block) { mine[lane] = 1u; }
    workgroupBarrier();
    var earlier = 0u;
    var all = 0u;
    for (var l = 0u; l < LANES; l++) {
      if (l < lane) { earlier += mine[l]; }
      all += mine[l];
    }
    if (mine[lane] == 1u) {
      let place = next + earlier;
      places[slot] = i32(place);
      tokens[place] = i32(slot / params.k);
      owners[place] = i32(block);
    }
    next += all;
    workgroupBarrier();
  }`,
});

export const routeExpertsPrograms: readonly Program[] = [choose, sort];

/** See `routeExperts`, whose outputs these are in their order. */
export const routeExpertsKernel: TfjsGpuKernel = {
  name: 'routeExperts',
  run: ({ backend, inputs, attrs }) => {
    const probabilities = inputs.probabilities!;
    const k = attrs.k as number; // attribute of routeExperts
    const [tokens = 0, experts = 0] = probabilities.shape;
    const slots = tokens * k;
    const list = () => backend.output([slots], 'int32');
    const chosen = backend.output([tokens, k], 'int32');
    const [picks, sent, places, owners] = [list(), list(), list(), list()];
    const offsets = backend.output([experts + 1], 'int32');
    backend.run(choose, {
      tensors: { probabilities, chosen, picks },
      params: { tokens, experts, k },
      blocks: Math.ceil(tokens / choose.lanes),
    });
    backend.run(sort, {
      tensors: { chosen, offsets, tokens: sent, places, owners },
      params: { slots, experts, k },
      blocks: experts,
    });
    return [chosen, picks, sent, places, owners, offsets];
  },
};
