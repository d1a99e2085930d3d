// Code beside a running cell: in a subshell that is deleted again, whatever the code did.
import { Kernel } from '@jupyterlab/services';
import { expect, it } from 'vitest';
import { run, runBeside } from '../src/jupyter/subshell';

function stand(status: 'ok' | 'error'): { kernel: Kernel.IKernelConnection; log: string[] } {
  const log: string[] = [];
  const answer = (content: unknown): { done: Promise<unknown> } => ({ done: Promise.resolve({ content }) });
  const kernel = {
    subshellId: null as string | null,
    requestCreateSubshell: () => answer({ subshell_id: 's1' }),
    requestDeleteSubshell: (content: { subshell_id: string }) => {
      log.push(`delete ${content.subshell_id}`);
      return answer({});
    },
    requestExecute: ({ code, store_history: history }: { code: string; store_history: boolean }) => {
      log.push(`${code} in ${String(kernel.subshellId)}, history ${String(history)}`);
      return answer({ status, evalue: 'no such thing' });
    }
  };
  return { kernel: kernel as unknown as Kernel.IKernelConnection, log };
}

it('takes the subshell for its own message alone, and deletes it', async () => {
  const { kernel, log } = stand('ok');
  await runBeside(kernel, 'stop()');
  await run(kernel, 'next()');
  expect(log).toEqual(['stop() in s1, history false', 'delete s1', 'next() in null, history false']);
});

it('throws what the code threw, and deletes the subshell', async () => {
  const { kernel, log } = stand('error');
  await expect(runBeside(kernel, 'stop()')).rejects.toThrow('no such thing');
  expect(log.at(-1)).toBe('delete s1');
});

it('tells nothing of what a restart has cut off', async () => {
  const cut = { done: Promise.reject(new Error('Canceled future for execute_request message')), isDisposed: true };
  await run({ requestExecute: () => cut } as unknown as Kernel.IKernelConnection, 'start()');
  const failed = { done: Promise.reject(new Error('Kernel is dead')), isDisposed: false };
  const dead = { requestExecute: () => failed } as unknown as Kernel.IKernelConnection;
  await expect(run(dead, 'start()')).rejects.toThrow('Kernel is dead');
});
