/** What ours runs on: kernels of the CPU, or a GPU. */
export type Backend = 'native' | 'wasm' | 'webgpu';

/** One comparison, as `pnpm bench --json` writes it. */
export interface BenchRow {
  bench: string;
  shape: string;
  threads: number;
  /** Our mode. */
  backend: Backend;
  /** File name of our kernels, e.g. `kernels-v3.so`, or the GPU. */
  library: string;
  /** Medians, in `unit`. */
  ours: number;
  peer: number | null;
  /** `null` when no peer ran. */
  peerName: string | null;
  /** Above 1 = ours is faster: the median over rounds of peer's time / our time. */
  ratio: number | null;
  /** What the machine's processor allows at most, in `unit`. */
  limit: number | null;
  unit: 's' | 'tok/s' | 'GFLOP/s';
}

const columns = [8, 22, 14, 12, 12, 18, 7, 12, 8] as const;
const headings = ['bench', 'shape', 'ours on', 'ours', 'peer', 'peer is', 'ratio', 'limit', 'unit'];

/** Headings of the printed table. */
export function tableHead(): string {
  return line(headings);
}

/** A row of the printed table. */
export function formatRow(row: BenchRow): string {
  const { bench, shape, backend, library, ours, peer, peerName, ratio, limit, unit } = row;
  const cells = [
    number(ours),
    number(peer),
    peerName ?? '-',
    ratio?.toFixed(2) ?? '-',
    number(limit),
  ];
  return line([bench, shape, backend === 'webgpu' ? backend : library, ...cells, unit]);
}

function number(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(4)));
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(columns[i] ?? 0))
    .join(' ')
    .trimEnd();
}
