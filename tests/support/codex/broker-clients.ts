import { type BrokerClient, connectToBroker } from '../../../scripts/codex/brokering/client.ts';
import type { Hello } from '../../../scripts/codex/brokering/protocol.ts';
import type { ProcessIdentity } from '../../../scripts/domain/base/identity.ts';
import { jobId } from '../../../scripts/domain/job/kinds.ts';
import type { TaskSpec } from '../../../scripts/domain/job/specs.ts';
import { ownIdentity } from '../../../scripts/process/identity.ts';
import { update } from '../../../scripts/state/workspace/store.ts';
import { aJobOnDisk } from '../requests.ts';
import { aWorkspace, type World } from '../world.ts';
import { readyBroker, task, untilNoBroker, untilTurnRuns } from './codex-jobs.ts';

/** A broker that is held by a job of its own, and clients besides it whose jobs this process works for. */
export interface HeldBroker extends AsyncDisposable {
  world: World;
  id: string;
  socket: string;
  /** What a worker of such a job greets with: it has a request and a lease on the broker. */
  worker(spec?: Partial<TaskSpec>, holder?: ProcessIdentity): Promise<Hello>;
  /** Its connection. */
  client(hello?: Hello): Promise<BrokerClient>;
}

export async function aBroker(world?: World): Promise<HeldBroker> {
  const home = world ?? (await aWorkspace({ codex: {} }));
  const holder = await task(home, '[[slow:20]]');
  await untilTurnRuns(home, holder);
  const { id, socket } = await readyBroker(home);
  const clients: BrokerClient[] = [];
  const ours: string[] = [];
  const worker: HeldBroker['worker'] = async (spec, process) => {
    const hello = await aWorker(home, id, spec, process);
    ours.push(hello.jobId);
    return hello;
  };
  return {
    ...{ world: home, id, socket, worker },
    async client(hello) {
      const { layout } = home.context();
      const client = await connectToBroker({ layout, brokerId: id }, hello ?? (await worker()), 3_000);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await withoutLeases(home, ours);
      await endWorker(home, holder);
      await untilNoBroker(home);
      if (!world) await home[Symbol.asyncDispose]();
    },
  };
}

let serial = 0;

/** A task's request on disk, and a lease on the broker for it. */
export async function aWorker(
  world: World,
  brokerId: string,
  spec: Partial<TaskSpec> = {},
  holder = ownIdentity(),
): Promise<Hello> {
  const { layout } = world.context();
  const id = jobId('task', Date.now(), (++serial).toString(36).padStart(8, '0'));
  const whole = { prompt: 'x', write: false, model: null, effort: null, resumeThreadId: null, ...spec };
  aJobOnDisk(layout, { id, kind: 'task', spec: whole });
  const lease = { jobId: id, brokerId, holder, since: new Date().toISOString() };
  await update(layout, (state) => ({ ...state, leases: [...state.leases, lease] }));
  return { jobId: id, holder };
}

export async function withoutLeases(world: World, jobIds: string[]): Promise<void> {
  await update(world.context().layout, (state) => ({
    ...state,
    leases: state.leases.filter((lease) => !jobIds.includes(lease.jobId)),
  }));
}

async function endWorker(world: World, id: string): Promise<void> {
  const { claim } = world.reading(id).facts;
  if (claim?.kind === 'worker') process.kill(claim.worker.pid, 'SIGTERM');
  await world.untilStage(id, 'finished');
}

/** As codex/turn/open-thread.ts asks for one. */
export function threadRequest({ workspace }: World): Record<string, unknown> {
  return {
    ...{ cwd: workspace, approvalPolicy: 'never', sandbox: 'read-only' },
    config: {
      ...{ plugins: {}, 'shell_environment_policy.inherit': 'none', allow_login_shell: false },
      'sandbox_workspace_write.writable_roots': [],
      'sandbox_workspace_write.network_access': false,
    },
  };
}

export async function startThread(
  client: BrokerClient,
  world: World,
): Promise<{ threadId: string; heard: string[] }> {
  const { thread } = (await client.request('thread/start', threadRequest(world))) as {
    thread: { id: string };
  };
  const heard: string[] = [];
  client.onNotification(thread.id, ({ method }) => heard.push(method));
  return { threadId: thread.id, heard };
}

/** As codex/turn/start.ts asks for one that may only read. */
export function turnRequest(threadId: string, prompt: string): Record<string, unknown> {
  return {
    ...{ threadId, input: [{ type: 'text', text: prompt, text_elements: [] }], approvalPolicy: 'never' },
    sandboxPolicy: { type: 'readOnly', networkAccess: false },
  };
}
