#!/usr/bin/env bash
# hyparquet 1.33.0 with hyparquet-compressors 1.1.2, on files written by pyarrow 26.0.1.
# One would expect: a Parquet file whose column is all null reads the same under every codec.
# Seen (29 November 2026): with LZ4 (LZ4_RAW) the page of such a column has no values, and decompressing nothing is an error
# ("lz4 offset out of range 0"), so the whole file cannot be read; zstd, gzip, brotli and snappy give nulls.
# Why it matters: data sets for training often have a column that is empty in one shard (tools, a system prompt).
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv py && py/bin/pip install -q pyarrow==26.0.1
py/bin/python - <<'PY'
import pyarrow as pa, pyarrow.parquet as pq
table = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "note": pa.array([None] * 3, pa.string())})
for codec in ("lz4", "zstd", "gzip", "brotli", "snappy"):
    pq.write_table(table, f"{codec}.parquet", compression=codec)
PY
npm init -y >/dev/null && npm install --silent --no-fund --no-audit hyparquet@1.33.0 hyparquet-compressors@1.1.2
cat > read.mjs <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
for (const codec of ['lz4', 'zstd', 'gzip', 'brotli', 'snappy']) {
  try {
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(`${codec}.parquet`), compressors });
    console.log(codec, rows.map(({ id, note }) => `${id}:${note ?? 'null'}`).join(' '));
  } catch (error) {
    console.log(codec, 'error:', error.message);
  }
}
JS
node read.mjs | tee seen
diff seen - <<'SEEN'
lz4 error: lz4 offset out of range 0
zstd 1:null 2:null 3:null
gzip 1:null 2:null 3:null
brotli 1:null 2:null 3:null
snappy 1:null 2:null 3:null
SEEN
