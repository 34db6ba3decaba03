import type { LaneText } from '../engine/program.ts';

/** Lanes side by side that share the sums of some rows. */
export const SHARES = 8;

/**
 * WGSL: `sumShares(&own, lane)` of eight lanes that have each a share of the sums of 1 or 8 rows. The lane with share k gets the
 * sum of row k (of one row all get it), added up by halves:
 *
 *     ((p0 + p4) + (p2 + p6)) + ((p1 + p5) + (p3 + p7))
 *
 * in workgroup memory, the last halves in registers where lanes are in one subgroup: there a lane gives half of the rows that
 * it has to the one that it gets the other half of. The pairs are the same, so subgroups of any size give the same bits.
 */
export const sumShares =
  (rows: 1 | 8): LaneText =>
  (subgroup) => {
    const inRegisters = Math.min(subgroup, SHARES);
    const first = inRegisters === SHARES ? ownRows(rows) : rowsInMemory(rows, inRegisters);
    return `${first.declarations}
fn sumShares(own: ptr<function, array<f32, ${rows}>>, lane: u32) -> f32 {${first.lines}${registers(first.kept, inRegisters)}
  return v0;
}`;
  };

interface FirstRows {
  declarations: string;
  /** Puts what a lane has into v0, v1, … */
  lines: string;
  /** Rows that it has. */
  kept: number;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

const ownRows = (rows: number): FirstRows => ({
  declarations: '',
  lines: upTo(rows)
    .map((k) => `\n  var v${k} = (*own)[${k}];`)
    .join(''),
  kept: rows,
});

/** Halves of more lanes than a subgroup has: a lane keeps as many of the rows as that. */
function rowsInMemory(rows: number, inRegisters: number): FirstRows {
  const kept = Math.min(rows, inRegisters);
  const part = (share: number, row: number) =>
    `shareParts[(from_ + ${share}u) * ${rows}u + row0 + ${row}u]`;
  // what lane `share` has when lanes that are `width` apart have been joined
  const joined = (share: number, width: number, row: number): string =>
    width === SHARES
      ? part(share, row)
      : `(${joined(share, 2 * width, row)} + ${joined(share + width, 2 * width, row)})`;
  return {
    declarations: `\nvar<workgroup> shareParts: array<f32, LANES * ${rows}>;`,
    lines: `
  for (var k = 0u; k < ${rows}u; k++) { shareParts[lane * ${rows}u + k] = (*own)[k]; }
  workgroupBarrier();
  let from_ = lane / ${SHARES}u * ${SHARES}u + lane % ${inRegisters}u;
  let row0 = ${rows === 1 ? '0u' : `lane % ${SHARES}u / ${inRegisters}u * ${inRegisters}u`};${upTo(
    kept,
  )
    .map((k) => `\n  var v${k} = ${joined(0, inRegisters, k)};`)
    .join('')}`,
    kept,
  };
}

/** Halves of the lanes of a subgroup. */
function registers(kept: number, inRegisters: number): string {
  let lines = '';
  let rows = kept;
  for (let half = inRegisters / 2; half >= 1; half /= 2) {
    if (rows === 1) {
      lines += `\n  v0 += subgroupShuffleXor(v0, ${half}u);`;
      continue;
    }
    rows /= 2;
    for (const k of upTo(rows)) {
      const [low, high] = [`v${k}`, `v${k + rows}`];
      lines += `
  {
    let isUpper = (lane & ${half}u) != 0u;
    let given = select(${high}, ${low}, isUpper);
    ${low} = select(${low}, ${high}, isUpper) + subgroupShuffleXor(given, ${half}u);
  }`;
    }
  }
  return lines;
}
