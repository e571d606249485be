/** What the state layer has to say aloud (damage found and mended). Entry points decide where it is heard. */
type Listener = (message: string) => void;

let listener: Listener = () => {};

/** @param most so many are heard of one process; for one that answers a call, and whose words are read as a whole */
export function onWarning(listen: Listener, most = Number.POSITIVE_INFINITY): void {
  let heard = 0;
  listener = (message) => {
    heard++;
    if (heard <= most) listen(message);
    else if (heard === most + 1)
      listen('…and more of the kind, which are not told; codex-companion sweep tidies up.');
  };
}

/** A reader has seen by then what it is about. */
export const TOLD_AT_MOST = 20;

const saidOnce = new Set<string>();

/** For what is met at every reading, and is no news the second time. */
export function warnOnce(message: string): void {
  if (saidOnce.has(message)) return;
  saidOnce.add(message);
  warn(message);
}

export function warn(message: string): void {
  listener(message);
}
