import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadChatTemplate } from '../chat/loadChatTemplate.ts';
import { loadTokenizer } from '../chat/loadTokenizer.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { loadModel } from './loadModel.ts';
import { openSafetensors } from './openSafetensors.ts';
import { saveModel } from './saveModel.ts';

let root: string;
let model: Qwen3;
const servers: Server[] = [];
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
  model = createQwen3(TINY_CONFIG, { seed: 3 });
  await saveModel(model, join(root, 'one'), { dtype: 'bfloat16' });
  await saveModel(model, join(root, 'many'), { dtype: 'float32', maxShardBytes: 6000 });
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(root, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server of files and ranges, as hubs are; it notes what was asked for. */
const files =
  (folder: string, asked: string[] = []): RequestListener =>
  async (request, response) => {
    const path = join(folder, basename(new URL(request.url!, 'http://x').pathname));
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    asked.push(`${basename(path)} ${request.headers.range ?? 'whole'}`);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return void response.writeHead(404).end();
    const bytes = await readFile(path);
    if (from === undefined) return void response.end(bytes);
    const piece = bytes.subarray(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + piece.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-range': range }).end(piece);
  };

const weightsOf = (of: Qwen3): unknown[] =>
  Object.entries(of.parameters).map(([name, weight]) => [name, [...weight.dataSync()]]);

describe('loadModel from an address', () => {
  test('reads quantised weights as from the disk', async () => {
    const folder = fileURLToPath(
      new URL('../../fixtures/quantized/bnb-nf4-nested', import.meta.url),
    );
    const [near, far] = [
      await loadModel(folder),
      await loadModel(new URL(await serve(files(folder)))),
    ];
    expect(weightsOf(far)).toEqual(weightsOf(near));
    for (const one of [near, far]) one.dispose();
  });

  test.each(['one', 'many'])(
    'reads the folder %s as from the disk, piece by piece',
    async (name) => {
      const asked: string[] = [];
      const address = await serve(files(join(root, name), asked));
      const [near, far] = [await loadModel(join(root, name)), await loadModel(new URL(address))];
      expect(weightsOf(far)).toEqual(weightsOf(near));
      expect(far.folder).toBeUndefined();
      const whole = asked
        .filter((line) => line.endsWith('whole'))
        .map((line) => line.split(' ')[0]);
      expect(whole.every((file) => file!.endsWith('.json'))).toBe(true);
      near.dispose();
      far.dispose();
    },
  );

  test('the address may be that of the file, and keep its query', async () => {
    const address = await serve((request, response) => {
      if (new URL(request.url!, 'http://x').search !== '?key=1')
        return void response.writeHead(403).end();
      return files(join(root, 'one'))(request, response);
    });
    (await loadModel(`${address}/model.safetensors?key=1`)).dispose();
    await expect(loadModel(`${address}/`)).rejects.toThrow('It asks for a login');
  });

  const fails = async (listener: RequestListener, message: string | RegExp): Promise<void> => {
    const before = memory().numTensors;
    const error = await loadModel(await serve(listener)).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'Qwen3Error', code: 'io' });
    expect(error.message).toMatch(message);
    expect(memory().numTensors).toBe(before);
  };
  const exceptWeights =
    (listener: RequestListener): RequestListener =>
    (request, response) =>
      (/safetensors$/.test(request.url!) ? listener : files(join(root, 'one')))(request, response);

  test('what a server refuses is said with the way out', async () => {
    await fails(
      (_, response) => response.writeHead(404).end(),
      /config\.json: the server answered 404/,
    );
    await fails((_, response) => response.writeHead(500).end(), 'the server answered 500');
    await fails(
      exceptWeights((_, response) => response.end('everything')),
      'does not serve ranges',
    );
    await fails(
      exceptWeights((_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 0-0/900' }).end('x');
      }),
      /asked for the bytes 0 to 31, got 1/,
    );
    await fails((request) => request.socket.destroy(), 'cannot reach');
    await expect(openSafetensors('http://127.0.0.1:9/x')).rejects.toMatchObject({ code: 'io' });
  });
});

describe('loadTokenizer and loadChatTemplate from an address', () => {
  const fixture = new URL('../../fixtures/recipeTokenizer.json', import.meta.url);
  const template = "{% for m in messages %}{{ bos_token }}{{ m['content'] }};{% endfor %}";
  const chat = [{ role: 'user', content: 'Hi' }];

  /** A folder with a tokenizer and these files. */
  async function folderWith(name: string, others: Record<string, string>): Promise<string> {
    const folder = join(root, name);
    await mkdir(folder);
    await writeFile(join(folder, 'tokenizer.json'), await readFile(fixture));
    for (const [file, text] of Object.entries(others)) await writeFile(join(folder, file), text);
    return folder;
  }

  test('read what the folder has: tokenizer, config, a template of its own or in the config', async () => {
    const config = JSON.stringify({ chat_template: template, bos_token: '<s>' });
    const folder = await folderWith('inside', { 'tokenizer_config.json': config });
    const address = await serve(files(folder));
    const [near, far] = [await loadTokenizer(folder), await loadTokenizer(`${address}/`)];
    expect(far.encode('4876 rav <|im_end|>')).toEqual(near.encode('4876 rav <|im_end|>'));
    expect((await loadChatTemplate(new URL(address))).render(chat)).toBe('<s>Hi;');
    const beside = await folderWith('beside', { 'chat_template.jinja': `own ${template}` });
    const other = await serve(files(beside));
    expect((await loadChatTemplate(other)).render(chat)).toBe('own Hi;');
    expect((await loadTokenizer(`${other}/model.safetensors`)).vocabSize).toBe(near.vocabSize);
  });

  test('what is not there, or cannot be read from afar, is said', async () => {
    const address = await serve(files(join(root, 'one')));
    await expect(loadTokenizer(address)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('tokenizer.json: the server answered 404'),
    });
    await expect(loadChatTemplate(address)).rejects.toThrow('has no chat template');
    await expect(loadTokenizer(`${address}/model.gguf`)).rejects.toThrow(
      'must be downloaded first',
    );
    const refusing = await serve((_, response) => response.writeHead(401).end());
    await expect(loadTokenizer(refusing)).rejects.toThrow('It asks for a login');
  });
});
