/**
 * What a command in Codex's sandbox may try with the broker's socket: `node broker-attack.mjs STATE-ROOT WORKSPACE-NAME
 * OUTSIDE`. Each attempt that succeeds leaves a file in OUTSIDE, where the sandbox itself cannot write. Prints what came
 * of each step, as JSON. It knows the protocol of each version and reads all that a sandbox lets it read.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const [root, workspace, outside] = process.argv.slice(2);
const socket = readdirSync(join(root, 'run')).find((name) => name.endsWith('.sock'));
const directory = join(root, 'workspaces', workspace);
const { leases } = JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8'));
const told = {};

/** One connection; `ask` gives what was answered: a result, an error's message, or why there is none. */
function connection() {
  const stream = connect(join(root, 'run', socket));
  const waiting = new Map();
  let text = '';
  let end = '';
  stream.setEncoding('utf8');
  stream.on('data', (part) => {
    text += part;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
      const { id, result, error } = JSON.parse(text.slice(0, at));
      text = text.slice(at + 1);
      waiting.get(id)?.(error ? { error: error.message } : { result });
    }
  });
  const over = (why) => {
    end ||= why;
    for (const settle of waiting.values()) settle({ error: end });
  };
  stream.on('error', ({ code }) => over(code));
  stream.on('close', () => over('hung up'));
  let last = 0;
  return (method, params = {}) =>
    new Promise((resolve) => {
      if (end) return resolve({ error: end });
      const id = ++last;
      waiting.set(id, resolve);
      setTimeout(resolve, 2_500, { error: 'no answer' }).unref();
      stream.write(`${JSON.stringify({ id, method, params })}\n`);
    });
}

function outsideCommand(name) {
  const command = ['/bin/sh', '-c', `echo out > ${join(outside, name)}`];
  return { command, cwd: outside, sandboxPolicy: { type: 'dangerFullAccess' }, timeoutMs: 2_000 };
}

function forge(nonce, jobId) {
  try {
    writeFileSync(join(directory, 'brokers', `${socket.replace('.sock', '')}.${nonce}.proof`), jobId);
    return 'made';
  } catch ({ code }) {
    return code;
  }
}

async function greet(ask, version, jobId, holder, nonce) {
  const knocked = await ask('broker/knock', { version });
  const named = nonce ?? knocked.result?.nonce;
  const forged = named === undefined ? 'no nonce' : forge(named, jobId);
  return { nonce: named, forged, hello: await ask('broker/hello', { version, jobId, holder, nonce: named }) };
}

const invented = { machine: 'm', boot: 'b', pidNamespace: 'p', pid: 4711, start: '1' };
const full = { cwd: outside, sandbox: 'danger-full-access', approvalPolicy: 'never' };

for (const version of [1, 2]) {
  for (const [who, jobId, holder] of [
    ['an invented job', 'task-aaaaaaaa-bbbbbbbb', invented],
    ['a living job', leases[0].jobId, leases[0].holder],
  ]) {
    const ask = connection();
    const greeting = await greet(ask, version, jobId, holder);
    const name = `${who}, version ${version}`;
    const exec = await ask('command/exec', outsideCommand(name.replace(/\W+/g, '-')));
    const thread = await ask('thread/start', full);
    const threadId = thread.result?.thread?.id;
    const input = [
      { type: 'text', text: `[[exec:echo out > ${outside}/turn]][[say:ok]]`, text_elements: [] },
    ];
    const wide = { threadId, input, approvalPolicy: 'never', sandboxPolicy: { type: 'dangerFullAccess' } };
    const turn = threadId ? await ask('turn/start', wide) : { error: 'no thread' };
    told[name] = { ...greeting, exec, thread: thread.error ?? 'started', turn: turn.error ?? 'started' };
    if (threadId) await new Promise((resolve) => setTimeout(resolve, 3_000));
  }
}

const first = connection();
const { nonce } = await greet(first, 2, leases[0].jobId, leases[0].holder);
const second = connection();
told['a nonce again'] = {
  ...(await greet(second, 2, leases[0].jobId, leases[0].holder, nonce)),
  exec: await second('command/exec', outsideCommand('replay')),
};
told['no greeting'] = { exec: await connection()('command/exec', outsideCommand('no-greeting')) };
console.log(JSON.stringify(told));
process.exit();
