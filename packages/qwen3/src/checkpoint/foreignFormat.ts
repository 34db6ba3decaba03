/** First bytes of files that stand, by mistake, where a safetensors or JSON file should. */
const FORMATS: readonly [start: string, what: string][] = [
  [
    'version https://git-lfs',
    'a Git-LFS pointer, not the file itself. Run `git lfs pull` in its repository, or download the file.',
  ],
  [
    'PK\x03\x04',
    'a PyTorch file (pickle in a zip). Save the model again with transformers, which writes safetensors.',
  ],
  [
    '\x80\x02',
    'an old PyTorch file (pickle). Save the model again with transformers, which writes safetensors.',
  ],
  [
    'GGUF',
    'a GGUF file of llama.cpp: load it with loadGguf(file), its tokenizer with loadTokenizer(file).',
  ],
  ['<!DOCTYPE', 'a web page, perhaps the error of a download. Download it again.'],
  ['<!doctype', 'a web page, perhaps the error of a download. Download it again.'],
  ['<html', 'a web page, perhaps the error of a download. Download it again.'],
  ['\x1f\x8b', 'a gzip archive. Unpack it first.'],
];

/** Names a well-known format by its first bytes, with the fix; undefined for any other. */
export function foreignFormat(first: Uint8Array): string | undefined {
  const start = String.fromCharCode(...first.subarray(0, 32));
  return FORMATS.find(([magic]) => start.startsWith(magic))?.[1];
}
