/**
 * A `codex app-server` that does nothing and does it at once: what is measured before it is the way to it. Each turn
 * says one word; one whose prompt contains "hang" never ends.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';

const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const tell = (method, params) => send({ method, params });

const answers = {
  initialize: () => ({ userAgent: 'instant/0.169.0 (none)', codexHome: process.env.CODEX_HOME ?? '' }),
  'config/read': () => ({ config: {}, origins: {} }),
  'configRequirements/read': () => ({ requirements: null }),
  'thread/start': () => ({ thread: { id: randomUUID(), status: { type: 'idle' } } }),
  'turn/start': ({ threadId, input }) => {
    const turn = { id: randomUUID(), status: 'inProgress', items: [] };
    const ids = { threadId, turnId: turn.id };
    const item = { type: 'agentMessage', id: 'item', text: 'done' };
    setImmediate(() => {
      tell('turn/started', { threadId, turn: { ...turn, rootTurnId: turn.id } });
      if (input[0].text.includes('hang')) return;
      tell('item/started', { ...ids, item: { ...item, text: '' } });
      tell('item/completed', { ...ids, item });
      tell('turn/completed', { threadId, turn: { ...turn, status: 'completed', items: [item] } });
    });
    return { turn };
  },
  'thread/unsubscribe': ({ threadId }) => {
    setImmediate(() => tell('thread/closed', { threadId }));
    return { status: 'unsubscribed' };
  },
  'thread/backgroundTerminals/list': () => ({ data: [], nextCursor: null }),
  'thread/loaded/list': () => ({ data: [], nextCursor: null }),
  'turn/interrupt': () => ({}),
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const answer = answers[method];
    if (answer) send({ id, result: answer(params) });
    else send({ id, error: { code: -32600, message: `unknown variant ${method}` } });
  })
  .on('close', () => process.exit(0));
