// Code run in a kernel beside the cell that is running: in a subshell, where the kernel has those (ipykernel 7), which is a
// thread of its own. Elsewhere it waits its turn, and the caller is told so.

import { Kernel, KernelMessage } from '@jupyterlab/services';

/** Stops the Spark application, whoever made it. Leaves no name in the notebook. */
export const STOP = `
(lambda session, context: session.stop() if session else context and context.stop())(
    __import__('pyspark.sql', fromlist=['']).SparkSession._instantiatedSession,
    __import__('pyspark').SparkContext._active_spark_context)
`.trim();

/** Makes a session by the settings of the kernel and names it as the notebook's first one was. */
export const START = `
spark = __import__('pyspark.sql', fromlist=['']).SparkSession.builder.getOrCreate()
sc = spark.sparkContext
`.trim();

/** Whether code can run beside a cell. */
export function canRunBeside(kernel: Kernel.IKernelConnection): boolean {
  return kernel.supportsSubshells;
}

/** Run `code` beside the running cell, and throw what it threw. */
export async function runBeside(kernel: Kernel.IKernelConnection, code: string): Promise<void> {
  const { content } = await kernel.requestCreateSubshell({}).done;
  // A connection of its own would wait for the kernel's info, and so for the cell. A message takes the id when it is made.
  const before = kernel.subshellId;
  kernel.subshellId = content.subshell_id;
  const running = run(kernel, code);
  kernel.subshellId = before;
  try {
    await running;
  } finally {
    await kernel.requestDeleteSubshell({ subshell_id: content.subshell_id }).done;
  }
}

/**
 * Run `code` in the kernel's turn, without a trace in its history, and throw what it threw. That a restart or the kernel's end
 * has cut it off is nothing to tell: who did that knows, and of a death its cause is told.
 */
export async function run(kernel: Kernel.IKernelConnection, code: string): Promise<void> {
  const future = kernel.requestExecute({ code, store_history: false, stop_on_error: false });
  let reply: KernelMessage.IExecuteReplyMsg;
  try {
    reply = await future.done;
  } catch (reason) {
    if (future.isDisposed) {
      return;
    }
    throw reason;
  }
  if (reply.content.status === 'error') {
    throw new Error(reply.content.evalue);
  }
}
