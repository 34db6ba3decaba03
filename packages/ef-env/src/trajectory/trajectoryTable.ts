import type { SchemaElement } from 'hyparquet';
import { EfEnvError } from '../base/errors.ts';
import {
  double,
  int32,
  int64,
  list,
  optional,
  type ParquetField,
  struct,
  text,
} from '../data/parquetField.ts';
import type { DataRow } from '../data/parseRows.ts';
import { plainTokens } from './plainTokens.ts';
import type { RewardSpan, SampledTokens, Segment } from './segment.ts';
import type { Trajectory } from './trajectory.ts';

/** One entry per field of T: a field added to the format and forgotten here does not compile. */
type FieldsOf<T> = { [Name in keyof Required<T>]: ParquetField };

/** What a Parquet writer asks for. */
export interface TrajectoryTable {
  schema: SchemaElement[];
  columnData: { name: string; data: unknown[] }[];
}

/**
 * Trajectories as a Parquet table: the fields of the format under their own names, lists and structs nested.
 * What can be anything (`task.data`, `info`) is JSON text. `metrics` is a struct with one number per name.
 *
 * @throws {EfEnvError} `format` for a token id that is not a 32-bit integer.
 */
export function trajectoryTable(
  caller: string,
  trajectories: readonly Trajectory[],
): TrajectoryTable {
  const names = new Set(trajectories.flatMap(({ metrics = {} }) => Object.keys(metrics)));
  const columns = columnsOf([...names].sort());
  const rows = trajectories.map((trajectory) => toTableRow(caller, trajectory));
  return {
    schema: [{ name: 'root', num_children: columns.length }, ...columns.flat()],
    columnData: columns.map(([{ name }]) => ({ name, data: rows.map((row) => row[name]) })),
  };
}

function columnsOf(metricNames: readonly string[]): ParquetField[] {
  const span: FieldsOf<RewardSpan> = {
    start: int32('start'),
    end: int32('end'),
    reward: double('reward'),
    label: optional(text('label')),
  };
  const tokens: FieldsOf<SampledTokens> = {
    ids: list('ids', int32('element')),
    logprobs: optional(list('logprobs', double('element'))),
    weightVersion: optional(text('weightVersion')),
  };
  const segment: FieldsOf<Segment> = {
    speaker: text('speaker'),
    kind: text('kind'),
    turn: int32('turn'),
    text: text('text'),
    reward: optional(double('reward')),
    spans: optional(list('spans', struct('element', span))),
    tokens: optional(struct('tokens', tokens)),
  };
  const task: FieldsOf<Trajectory['task']> = {
    env: text('env'),
    data: text('data'),
    seed: int64('seed'),
  };
  const metrics = Object.fromEntries(metricNames.map((name) => [name, optional(double(name))]));
  const others: FieldsOf<Omit<Trajectory, 'metrics'>> = {
    version: int32('version'),
    id: text('id'),
    task: struct('task', task),
    segments: list('segments', struct('element', segment)),
    reward: optional(double('reward')),
    stop: text('stop'),
    info: optional(text('info')),
    role: optional(text('role')),
    error: optional(text('error')),
  };
  if (metricNames.length === 0) return Object.values(others); // Parquet has no empty structs
  return [...Object.values(others), optional(struct('metrics', metrics))];
}

function toTableRow(caller: string, trajectory: Trajectory): DataRow {
  const { id, task, segments, info } = trajectory;
  for (const { tokens } of segments) {
    const wide = Array.prototype.find.call(tokens?.ids ?? [], (token) => (token | 0) !== token); // typed arrays too
    if (wide === undefined) continue;
    throw new EfEnvError(
      'format',
      `${caller}: token ids in Parquet are 32-bit integers, '${id}' has ${wide}. Write .jsonl instead.`,
    );
  }
  return {
    ...plainTokens(trajectory),
    task: { ...task, data: JSON.stringify(task.data), seed: BigInt(task.seed) },
    info: info && JSON.stringify(info),
  };
}

/** A row of a {@link trajectoryTable} as a trajectory, not yet validated. What is absent is `null` in a table. */
export function fromTableRow(row: DataRow): unknown {
  const { task, info, metrics, ...fields } = withoutNulls(row) as DataRow; // an object stays one
  const numbers = Object.keys(metrics ?? {}).length > 0;
  return {
    ...fields,
    task: isObject(task) ? { ...task, data: fromJson(task.data) } : task,
    reward: fields.reward ?? null,
    ...(numbers && { metrics }),
    ...(info !== undefined && { info: fromJson(info) }),
  };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === null ? [] : [[key, withoutNulls(item)]],
    ),
  );
}

/** What is not JSON is left for the validation to name. */
function fromJson(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is DataRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
