import type { PythonBytes } from './pythonBytes.ts';
import type { PythonCalls } from './pythonCalls.ts';

const REALTIME = 0;
const DAY_MS = 86_400_000;

/** Clocks that run, in a world where it is always UTC. */
export function pythonTimeCalls(memory: PythonBytes): { env: PythonCalls; wasi: PythonCalls } {
  /** `time` in seconds, into a `struct tm`. */
  const split = (time: bigint, tm: number): void => {
    const date = new Date(Number(time) * 1000);
    const year = date.getUTCFullYear();
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      year - 1900,
      date.getUTCDay(),
      Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / DAY_MS),
      0, // no summer time
      0, // no offset
    ];
    for (const [i, field] of fields.entries()) memory.setI32(tm + 4 * i, field);
  };
  const join = (tm: number): bigint => {
    const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = new Int32Array(
      memory.at(tm, 24).slice().buffer,
    );
    const date = new Date(0);
    date.setUTCFullYear(year + 1900, month, day);
    date.setUTCHours(hour, minute, second);
    if (Number.isNaN(date.getTime())) return -1n;
    const seconds = BigInt(date.getTime() / 1000);
    split(seconds, tm);
    return seconds;
  };
  return {
    env: {
      emscripten_date_now: () => Date.now(),
      emscripten_get_now: () => performance.now(),
      _tzset_js: (offset: number, summer: number, ...names: number[]) => {
        for (const at of [offset, summer]) memory.setI32(at, 0);
        for (const at of names) memory.at(at, 4).set([0x55, 0x54, 0x43, 0]); // "UTC"
      },
      _localtime_js: split,
      _gmtime_js: split,
      _mktime_js: join,
      _timegm_js: join,
    },
    wasi: {
      clock_time_get: (clock: number, _precision: bigint, at: number) => {
        const now = clock === REALTIME ? Date.now() : performance.now();
        memory.setI64(at, BigInt(Math.round(now * 1e6)));
        return 0;
      },
      clock_res_get: (_clock: number, at: number) => {
        memory.setI64(at, 1000n);
        return 0;
      },
    },
  };
}
