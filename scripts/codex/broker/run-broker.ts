import type { Server } from 'node:net';
import { deferred } from '../../domain/base/deferred.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import { VERSION } from '../../domain/base/version.ts';
import { withBrokerNews, withoutBroker } from '../../domain/workspace/broker-admission.ts';
import type { BrokerRecord } from '../../domain/workspace/workspace-state.ts';
import { type Environment, neutralEnvironment } from '../../process/environment.ts';
import { ownIdentity } from '../../process/identity.ts';
import { socketPath, type WorkspaceLayout } from '../../state/layout.ts';
import { removeBrokerFiles, writeBrokerFile } from '../../state/workspace/broker-files.ts';
import { readState, update } from '../../state/workspace/store.ts';
import { type AppServer, startAppServer } from '../program/app-server.ts';
import type { CodexProgram } from '../program/locate.ts';
import { within } from '../wire/deadlines.ts';
import { listen } from './listen.ts';
import { type Pulse, watchPulse } from './pulse.ts';
import { type Backend, Switchboard } from './switchboard.ts';
import { keepWatch, type Tenure } from './tenure.ts';

export interface BrokerOptions {
  layout: WorkspaceLayout;
  brokerId: string;
  program: CodexProgram;
  environment: Environment;
}

/** Why it goes; a sentence, which its clients are told. */
type Ending = { reason: string; recorded: boolean };

const TIDY_MS = 1_000;
const WITHDRAW_MS = 2_000;

/**
 * The broker from its start to its end: brings up the app-server, says so in the state, connects clients to it, and
 * goes when nobody holds it, when it was replaced, when the app-server has died, or when it is asked to. Whoever
 * starts it has put it on record before.
 */
export async function runBroker(options: BrokerOptions): Promise<void> {
  const { layout, brokerId } = options;
  const record = readState(layout).brokers.find(({ id }) => id === brokerId);
  if (!record) return removeBrokerFiles(layout, brokerId);

  const left = deferred<Ending>();
  const signalled = (signal: string) =>
    left.resolve({ reason: `The broker was ended by ${signal}.`, recorded: true });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => signalled(signal));
  process.on('SIGHUP', () => {}); // no terminal's end concerns it
  process.once('uncaughtException', (error) => {
    console.error(error);
    left.resolve({ reason: `The broker failed: ${error.message}`, recorded: true });
  });

  let backend: Backend = {
    failure: new CompanionError('codex-failed', 'The app-server is not up yet.'),
    at: '',
  };
  const parts: { tenure?: Tenure; pulse?: Pulse } = {};
  const board = new Switchboard({ layout, brokerId }, () => backend, {
    onLeave: () => parts.tenure?.look(),
    onAnswer: () => parts.pulse?.sign(),
  });
  const tenure = keepWatch({ layout, brokerId, isConnected: (jobId) => board.isConnected(jobId) });
  parts.tenure = tenure;
  const over = Promise.race([left.promise, endOf(tenure.over)]);
  backend = await startBackend(options, over, (method, params) => {
    parts.pulse?.sign();
    board.deliver(method, params);
  });
  const server = await listen(socketPath(layout.root, brokerId), (socket) => board.accept(socket));
  try {
    if (!(await announce(options, record, backend))) return;
    if (!('failure' in backend)) parts.pulse = watchPulse(backend, () => board.load);
    const ending = await Promise.race([over, deathOf(backend), muteness(parts.pulse)]);
    tenure.stop();
    parts.pulse?.stop();
    await end(options, ending, board);
  } finally {
    tenure.stop();
    await clearUp(options, server, backend, board);
  }
}

/**
 * An app-server that does not start is told to every client: they are many at once, and need not all try again. It takes
 * 100 ms as a rule, and as long as it lives and somebody waits for it: what a user has put before Codex may be slow.
 */
async function startBackend(
  options: BrokerOptions,
  over: Promise<Ending>,
  onNotification: (method: string, params: unknown) => void,
): Promise<Backend> {
  const inVain = new AbortController();
  void over.then(({ reason }) => inVain.abort(new Error(reason)));
  try {
    return await startAppServer({
      signal: inVain.signal,
      program: options.program,
      environment: neutralEnvironment(options.environment),
      workspaceRoot: options.layout.workspaceRoot,
      clientVersion: VERSION,
      onNotification,
      stepMs: 0,
      onBadLine: ({ reason, bytes, excerpt }) =>
        console.error(`app-server: ${reason}, ${bytes} bytes skipped: ${excerpt}`),
    });
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return { failure: error, at: new Date().toISOString() };
  }
}

/** False: it was replaced while it came up. */
async function announce(options: BrokerOptions, record: BrokerRecord, backend: Backend): Promise<boolean> {
  const { layout, brokerId } = options;
  const appServer = 'failure' in backend ? null : (backend.identity ?? null);
  const news = { stage: 'ready', process: ownIdentity(), appServer } as const;
  // First the file: a state that is rebuilt from now on must know of this broker.
  writeBrokerFile(layout, { ...record, ...news });
  let known = false;
  await update(layout, (state) => {
    const next = withBrokerNews(state, brokerId, news);
    known = next !== undefined;
    return next ?? state;
  });
  return known;
}

function deathOf(backend: Backend): Promise<Ending> {
  if ('failure' in backend) return new Promise(() => {});
  return backend.closed.then((reason) => ({ reason, recorded: true }));
}

function muteness(pulse: Pulse | undefined): Promise<Ending> {
  if (!pulse) return new Promise(() => {});
  return pulse.mute.then((reason) => ({ reason, recorded: true }));
}

async function endOf(over: Promise<'unheld' | 'replaced'>): Promise<Ending> {
  const why = await over;
  const reason = why === 'unheld' ? 'Nobody holds the broker.' : 'The broker was replaced by another one.';
  return { reason, recorded: false };
}

async function end(options: BrokerOptions, ending: Ending, board: Switchboard): Promise<void> {
  if (ending.recorded) await withdraw(options);
  board.close(ending.reason);
  await within(board.tidied(), TIDY_MS);
}

async function withdraw({ layout, brokerId }: BrokerOptions): Promise<void> {
  try {
    await update(layout, (state) => withoutBroker(state, brokerId), { patienceMs: WITHDRAW_MS });
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    console.error(`still on record: ${error.message}`); // whoever looks next finds a dead process, and takes it off
  }
}

async function clearUp(
  { layout, brokerId }: BrokerOptions,
  server: Server,
  backend: Backend,
  board: Switchboard,
): Promise<void> {
  board.close('The broker is gone.');
  server.close();
  if (!('failure' in backend)) await (backend as AppServer).stop();
  removeBrokerFiles(layout, brokerId);
}
