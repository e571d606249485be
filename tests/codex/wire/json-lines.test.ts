import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { type BadLine, jsonLineWriter, readJsonLines } from '../../../scripts/codex/wire/json-lines.ts';
import { until } from '../../support/wait.ts';

async function readAll(chunks: (Buffer | string)[], maxLineBytes?: number) {
  const values: unknown[] = [];
  const bad: BadLine[] = [];
  const options = { onBadLine: (line: BadLine) => bad.push(line), ...(maxLineBytes ? { maxLineBytes } : {}) };
  await readJsonLines(Readable.from(chunks), (value) => void values.push(value), options);
  return { values, bad };
}

test('values come in order, however the stream is cut', async () => {
  const text = '{"a":"é😀"}\r\n\n  \n[1]\n"x"';
  for (let cut = 1; cut < Buffer.byteLength(text); cut += 1) {
    const bytes = Buffer.from(text);
    const { values, bad } = await readAll([bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.deepEqual([values, bad], [[{ a: 'é😀' }, [1], 'x'], []]);
  }
});

test('a bad line is told and skipped', async () => {
  const { values, bad } = await readAll([Buffer.from([0xff, 0x0a]), '1\n{"half"\n2\n', 'no end']);
  assert.deepEqual(values, [1, 2]);
  assert.deepEqual(bad, [
    { reason: 'not-json', bytes: 1, excerpt: '\ufffd' },
    { reason: 'not-json', bytes: 7, excerpt: '{"half"' },
    { reason: 'not-json', bytes: 6, excerpt: 'no end' },
  ]);
});

test('a line beyond the limit is told and skipped without being kept', async () => {
  const { values, bad } = await readAll(
    ['1\n"', ...Array<string>(50).fill('x'.repeat(100)), '"\n2\n'],
    1_000,
  );
  assert.deepEqual(values, [1, 2]);
  assert.deepEqual(
    bad.map(({ reason, bytes, excerpt }) => [reason, bytes, excerpt.length]),
    [['too-long', 5_002, 200]],
  );
});

test('a long line in small pieces costs no more than its length', async () => {
  const pieces = (count: number) => ['"', ...Array<string>(count).fill('x'.repeat(1024)), '"\n'];
  // Of the processor: what else runs on the machine counts for nothing.
  const cost = async (count: number) => {
    const began = process.cpuUsage();
    const { values } = await readAll(pieces(count));
    assert.equal((values[0] as string).length, count * 1024);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
  await cost(2_000); // warm
  const [small, large] = [await cost(2_000), await cost(32_000)];
  assert.ok(large < small * 16 * 6, `2 MB took ${small} ms, 32 MB ${large} ms`);
});

test('nothing more is read while a value is being handled', async () => {
  const input = new PassThrough({ highWaterMark: 16 });
  const seen: unknown[] = [];
  let release = () => {};
  const done = readJsonLines(input, (value) => {
    seen.push(value);
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  input.write('1\n2\n');
  await until('the first value is handled', () => seen.length === 1);
  assert.equal(input.write(`${'x'.repeat(100)}\n`), false, 'the sender is held up');
  release();
  await until('the second value is handled', () => seen.length === 2);
  release();
  input.end();
  await done;
});

test('a writer waits for a reader that is slow, keeps the order, and fails when it goes', async () => {
  const output = new PassThrough({ highWaterMark: 32 });
  const writer = jsonLineWriter(output);
  const settled: number[] = [];
  const writes = [1, 2, 3].map((n) => writer.write({ n, pad: 'x'.repeat(40) }).then(() => settled.push(n)));
  assert.deepEqual(await Promise.race([Promise.all(writes), Promise.resolve('held up')]), 'held up');
  const read: unknown[] = [];
  output.on('data', (chunk) => read.push(...String(chunk).trim().split('\n')));
  await Promise.all(writes);
  assert.deepEqual(
    read.map((line) => JSON.parse(String(line)).n),
    [1, 2, 3],
  );

  output.removeAllListeners('data').pause();
  const stuck = writer.write('x'.repeat(100));
  output.destroy();
  await assert.rejects(stuck, /closed before it took all/);
  await assert.rejects(writer.write(1), /closed/);
});
