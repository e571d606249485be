import { execFileSync } from 'node:child_process';
import { psPlatform } from './ps.ts';

/** macOS. Nobody has run this there yet. */
export const darwin = psPlatform('darwin', () => {
  try {
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return ''; // no such key: start times alone then tell processes apart
  }
});
