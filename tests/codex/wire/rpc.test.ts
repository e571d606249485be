import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import {
  ConnectionLostError,
  RpcDeadlineError,
  RpcError,
  type RpcPeerOptions,
  rpcPeer,
} from '../../../scripts/codex/wire/rpc.ts';
import { scratch } from '../../support/scratch.ts';

/** Two peers that talk to each other. */
function pair(left: Partial<RpcPeerOptions> = {}, right: Partial<RpcPeerOptions> = {}) {
  const [there, back] = [new PassThrough(), new PassThrough()];
  return {
    left: rpcPeer({ input: back, output: there, ...left }),
    right: rpcPeer({ input: there, output: back, ...right }),
    raw: { there, back },
  };
}

test('requests are answered, in any order', async () => {
  const { left, right } = pair(
    {},
    {
      onRequest: async (method, params) => {
        if (method === 'slow') await new Promise((resolve) => setImmediate(resolve));
        return { result: { method, params } };
      },
    },
  );
  const answers = await Promise.all([
    left.request('slow', [1]),
    left.request('fast', { a: 2 }),
    left.request('none'),
  ]);
  assert.deepEqual(answers, [
    { method: 'slow', params: [1] },
    { method: 'fast', params: { a: 2 } },
    { method: 'none' },
  ]);
  left.close('done');
  assert.equal(await right.closed, 'the other side closed the connection');
});

test('an error answer keeps its code and data; a handler that throws is one too', async () => {
  const { left } = pair(
    {},
    {
      onRequest: (method) => {
        if (method === 'throw') throw new Error('broken');
        return { error: { code: -32_602, message: 'too large', data: { max: 1 } } };
      },
    },
  );
  await assert.rejects(left.request('big'), new RpcError('big', -32_602, 'too large', { max: 1 }));
  await assert.rejects(left.request('throw'), new RpcError('throw', -32_603, 'broken', undefined));
  left.close('done');
});

test('a peer that serves nothing refuses', async () => {
  const { left } = pair();
  await assert.rejects(left.request('x'), { code: -32_601, message: 'x is not served here.' });
  left.close('done');
});

test('a request that is not answered in time fails by name, and its late answer is ignored', async () => {
  const { left, raw } = pair({}, { onRequest: () => new Promise(() => {}) });
  await assert.rejects(left.request('mute', {}, { deadlineMs: 20 }), new RpcDeadlineError('mute', 20));
  raw.back.write('{"id":1,"result":"late"}\n{"id":77,"result":"never asked"}\n');
  await assert.rejects(left.request('mute', {}, { deadlineMs: 20 }), RpcDeadlineError);
  left.close('done');
});

test('when the connection ends, everybody who waits hears the reason', async () => {
  const explainClose = async (reason: string) => `it went away: ${reason}`;
  const { left, right } = pair({ explainClose }, { onRequest: () => new Promise(() => {}) });
  const waiting = left.request('x', {}, { deadlineMs: 0 });
  right.close('enough');
  const reason = 'it went away: the other side closed the connection';
  await assert.rejects(waiting, new ConnectionLostError(reason));
  assert.equal(await left.closed, reason);
  assert.equal(await right.closed, 'enough');
  await assert.rejects(left.request('y'), new ConnectionLostError(reason));
  await assert.rejects(left.notify('y'), ConnectionLostError);
});

test('notifications come in order, and one that is being handled holds up the next', async () => {
  const seen: unknown[] = [];
  let busy = false;
  const { left, right } = pair(
    {},
    {
      onNotification: async (method, params) => {
        assert.equal(busy, false);
        busy = true;
        await new Promise((resolve) => setImmediate(resolve));
        busy = false;
        seen.push([method, params]);
      },
    },
  );
  await left.notify('a', { n: 1 });
  await left.notify('b');
  left.close('done');
  await right.closed;
  assert.deepEqual(seen, [
    ['a', { n: 1 }],
    ['b', undefined],
  ]);
});

test('the last words of a side that hangs up arrive, however much the other one is writing', async () => {
  using folder = scratch();
  const path = join(folder.path, 'socket');
  const server = createServer((socket) => {
    const peer = rpcPeer({ input: socket, output: socket });
    socket.once('data', () => {
      void peer.notify('goodbye');
      peer.close('that was all');
    });
  }).listen(path);
  await once(server, 'listening');
  for (let round = 1; round <= 50; round++)
    assert.equal(await lastWordTo(connect(path)), 'goodbye', `${round}`);
  server.close();
});

/** What a client hears last, who writes until its connection is over. */
async function lastWordTo(socket: Socket): Promise<string | undefined> {
  let word: string | undefined;
  let over = false;
  const onNotification = (method: string) => {
    word = method;
  };
  const peer = rpcPeer({ input: socket, output: socket, onNotification });
  void peer.closed.then(() => {
    over = true;
  });
  while (!over) {
    peer.notify('more', 'x'.repeat(1_000)).catch(() => {}); // gone in the meantime, which `closed` tells
    await new Promise((resolve) => setImmediate(resolve));
  }
  return word;
}
