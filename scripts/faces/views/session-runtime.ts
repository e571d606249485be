import type { Survey } from '../../use-cases/jobs/survey.ts';

/** Whether a shared Codex runtime is up, with the keys of 1.0.5. */
export interface SessionRuntime {
  mode: 'shared' | 'direct';
  label: string;
  detail: string;
  /** `unix:` and the socket's path */
  endpoint: string | null;
}

export function sessionRuntime({ broker, leases }: Pick<Survey, 'broker' | 'leases'>): SessionRuntime {
  if (!broker)
    return {
      mode: 'direct',
      label: 'direct startup',
      detail: 'No Codex runtime is up; the first task or review starts one.',
      endpoint: null,
    };
  const holders = leases.length === 1 ? '1 job holds it' : `${leases.length} jobs hold it`;
  return {
    mode: 'shared',
    label: 'shared session',
    detail: `One Codex runtime serves this workspace; ${holders}.`,
    endpoint: `unix:${broker.socket}`,
  };
}

/** The broker with its refcount and who counts. */
export interface BrokerView {
  id: string;
  stage: string;
  pid: number | null;
  appServerPid: number | null;
  endpoint: string;
  startedAt: string;
  refcount: number;
  leases: { jobId: string; pid: number }[];
}

export function brokerView({ broker, leases }: Pick<Survey, 'broker' | 'leases'>): BrokerView | null {
  return (
    broker && {
      id: broker.id,
      stage: broker.stage,
      pid: broker.process?.pid ?? null,
      appServerPid: broker.appServer?.pid ?? null,
      endpoint: broker.socket,
      startedAt: broker.startedAt,
      refcount: leases.length,
      leases: leases.map(({ jobId, holder }) => ({ jobId, pid: holder.pid })),
    }
  );
}
