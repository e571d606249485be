import type { HostName } from '../domain/base/hosts.ts';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import { argumentsOf } from '../process/command-line.ts';
import type { Environment } from '../process/environment.ts';
import { HOSTS } from './hosts.ts';

/** What tells of the host that asks. */
export interface Asker {
  host: HostName;
  environment: Environment;
}

/** Does the client answer one prompt and go? What is told to it from outside then is dropped, or waits in its queue. */
export function isOneShot({ host, environment }: Asker, client: ProcessIdentity | null): boolean {
  return HOSTS[host].isOneShot(client ? argumentsOf(client.pid) : undefined, environment);
}
