// Made by scripts/feed-types.mjs from jupyter_sparkk8s/monitor/feed.schema.json: change that one.

/** Server to client, first on each connection: all Spark kernels of this server. */
export interface ISnapshot {
  readonly type: 'snapshot';
  /** Of this schema; a panel that knows only another one says so. */
  readonly version: 1;
  /** When the frame was made, by which a client learns how far its own clock is off. */
  readonly time: Time;
  readonly server: IServer;
  /** By kernel id. */
  readonly kernels: { readonly [key: string]: IKernel };
}

/** Server to client: what has changed since the frame before. `kernels` is a JSON merge patch (RFC 7396) over the snapshot's: objects are merged, null takes away, lists and values are replaced as a whole. */
export interface IDelta {
  readonly type: 'delta';
  readonly time: Time;
  readonly kernels: { readonly [key: string]: { readonly [key: string]: unknown } | null };
}

/** Client to server: which kernel is shown in full; null for none. Of the others only phase and running jobs are read. */
export interface IWatch {
  readonly type: 'watch';
  readonly kernel: string | null;
}

/** Client to server: whether the panel can be seen. While it can't, of all kernels only phase and running jobs are read. True until said otherwise. */
export interface IVisible {
  readonly type: 'visible';
  readonly visible: boolean;
}

/** Client to server: why this kernel ended has been read and need not be told again. */
export interface IDismiss {
  readonly type: 'dismiss';
  readonly kernel: string;
}

/** Seconds since 1970 by the server's clock. */
export type Time = number;

/** A size in bytes. */
export type Bytes = number;

export type Count = number;

/** What holds for all kernels. */
export interface IServer {
  /** Version of the server extension. */
  readonly server_version: string;
  /** Why pages of the Spark UI will be incomplete under this server's base_url, in words. */
  readonly ui_warning?: string;
}

/** How far a kernel is. The steps of a start in their order; then `python` (the kernel answers, no Spark application yet), `ready` (Spark runs), `stopped` (its Spark application has ended, Python lives on), `failed` (the start came to nothing), `dead` (the kernel ended by itself). */
export type Phase = 'created' | 'queued' | 'scheduled' | 'pulling' | 'mounting' | 'starting-python' | 'starting-spark' | 'python' | 'ready' | 'stopped' | 'failed' | 'dead';

export interface ICause {
  /** What happened. */
  readonly title: string;
  /** The system's own words; may be empty. */
  readonly said: string;
  /** What to do next; may be empty. */
  readonly next_step: string;
}

export interface IKernel {
  readonly backend: BackendName;
  /** File name of the notebook that the kernel was started for; empty where that is not known. */
  readonly notebook: string;
  /** Folder and name of the Jupyter session that the kernel was started for, which tells notebooks of one name apart; absent where it was started without one. */
  readonly path?: string;
  readonly phase: Phase;
  /** When this kernel's Spark is started: with the kernel, by the first cell that uses it, or by a cell that makes a session; absent while that is not known. */
  readonly session?: 'eager' | 'lazy' | 'off';
  /** Whether executors and stages are being read; where not, those shown are what was last known. */
  readonly full: boolean;
  readonly start?: IStart;
  readonly death?: IDeath;
  readonly driver?: IDriver;
  readonly application?: IApplication;
  readonly counts: ICounts;
  /** By executor id; one that has none yet, by its pod's name. */
  readonly executors: { readonly [key: string]: IExecutor };
  /** Running jobs and the last few finished, by job id. */
  readonly jobs: { readonly [key: string]: IJob };
  /** Active stages and the last few finished, by "<stage id>.<attempt>". */
  readonly stages: { readonly [key: string]: IStage };
  /** What is wrong, worst first. */
  readonly findings: readonly IFinding[];
  /** Active tasks in the last five minutes as far as they were read: by the second (whole, since 1970) of the reading. */
  readonly chart: { readonly [key: string]: Count };
  /** Seconds between two readings of the driver at present. */
  readonly interval_s: number;
  /** Why the readings are further apart than a second, in words, where there is a job to follow. */
  readonly interval_reason?: string;
  /** Age in seconds of what is shown; 0 while it is up to date. */
  readonly stale_s: number;
  /** What could not be read, in words. */
  readonly stale_reason?: string;
}

/** Where the driver runs: in a pod, or as a process beside the server. */
export type BackendName = 'kubernetes' | 'local';

/** The latest start; present until the kernel answers, and after a failure. */
export interface IStart {
  readonly began_at: Time;
  /** 1 for the first start of the kernel, then one more for each restart. */
  readonly launch: number;
  /** The steps that have begun, in their order; the last one is under way. */
  readonly steps: readonly IStep[];
}

export interface IStep {
  readonly phase: Phase;
  /** Seconds from the start's begin to this step's. */
  readonly elapsed_s: number;
  /** The node that the pod was placed on. */
  readonly node?: string;
  /** What is waited for, in words, where it takes longer. */
  readonly waits?: string;
  /** The system's own words on that. */
  readonly said?: string;
}

/** Why the kernel ended without being asked to, or why its start failed. It outlives the kernel until dismissed. */
export interface IDeath {
  readonly cause: ICause;
  /** How many ends of this cause there were since its user started or restarted the kernel. */
  readonly count: number;
  /** Whether Jupyter starts the kernel again by itself. */
  readonly restarts: boolean;
}

export interface IDriver {
  readonly pod?: string;
  readonly namespace?: string;
  readonly node?: string;
  /** Id of the process, on the local backend. */
  readonly process?: number;
  readonly image?: string;
  /** When its container or process was started. */
  readonly started_at?: Time;
  /** What the pod, or the process and its children, hold in memory. */
  readonly memory_used?: Bytes;
  /** At which Kubernetes ends the driver; absent where nothing does. */
  readonly memory_limit?: Bytes;
  readonly mounts: readonly IMount[];
  readonly ui: IUi;
}

export interface IMount {
  readonly name: string;
  readonly path: string;
  /** Where it comes from, in words: "claim gaia-dr2-volume-claim". */
  readonly source: string;
  /** Whether the driver may only read. */
  readonly read_only: boolean;
}

/** The driver's Spark UI, through this server. */
export interface IUi {
  readonly available: boolean;
  /** Below the server's base_url, with a slash at the end, e.g. "sparkk8s/ui/<kernel id>/"; pages are "jobs/", "jobs/job/?id=3", "stages/stage/?id=3&attempt=0". Present where it is available. */
  readonly path?: string;
  /** Why it is not available, in words. */
  readonly why_not?: string;
}

export interface IApplication {
  readonly id: string;
  readonly name: string;
  readonly spark_version: string;
  readonly started_at: Time;
  /** Task slots of the running executors. */
  readonly cores_total: Count;
  /** Task slots in use. */
  readonly cores_busy: Count;
  /** Sum over the running executors. */
  readonly memory_used: Bytes;
  /** Sum over the running executors. */
  readonly memory_total: Bytes;
  readonly active_tasks: Count;
  /** Cores that a task takes, by spark.task.cpus; absent where it is one: a slot is a core then. */
  readonly task_cpus?: Count;
}

/** Executors. `wanted` is what Spark wants now; where that isn't known, those there are. */
export interface ICounts {
  readonly wanted: Count;
  readonly running: Count;
  readonly pending: Count;
  /** Ended without being asked to, since the application began. */
  readonly failed: Count;
}

export interface IExecutor {
  /** `pending`: no node, image or volume yet; `starting`: its process runs and has not reported; `excluded`: Spark gives it no tasks after failures; `lost`: gone without a word; `ended`: let go. */
  readonly state: 'pending' | 'starting' | 'running' | 'excluded' | 'failed' | 'lost' | 'ended';
  /** Why it is pending, excluded, failed or lost, in words. */
  readonly reason?: string;
  /** The system's own words on that. */
  readonly said?: string;
  readonly pod?: string;
  /** Node of its pod, or its host. */
  readonly node?: string;
  /** When it joined; before that, when its pod was created. */
  readonly started_at?: Time;
  readonly ended_at?: Time;
  /** Task slots. */
  readonly cores?: Count;
  readonly tasks_active?: Count;
  readonly tasks_done?: Count;
  readonly tasks_failed?: Count;
  /** The most of its heap that was in use since it began; where Spark does not tell that, what its blocks take. */
  readonly memory_used?: Bytes;
  /** The heap; where Spark does not tell how much of it was in use, what blocks may take of it. */
  readonly memory_total?: Bytes;
  /** Share of its tasks' time that went into garbage collection, 0 to 1. */
  readonly gc_share?: number;
  readonly shuffle_read?: Bytes;
  readonly shuffle_write?: Bytes;
  /** The last lines of the log of one that failed, oldest first. */
  readonly log?: readonly string[];
}

/** Counts of tasks. */
export interface IWork {
  readonly total: Count;
  /** Completed or, of a job, skipped because their results are there. */
  readonly done: Count;
  readonly running: Count;
  /** Attempts that failed; Spark tries again. */
  readonly failed: Count;
}

export interface IJob {
  readonly id: Count;
  readonly state: 'running' | 'succeeded' | 'failed' | 'unknown';
  /** What its user called it, or the call that it is of: "count at <source>:1". */
  readonly description: string;
  /** Number of the cell's execution: what stands in its brackets. */
  readonly cell?: number;
  /** The user's own job group. */
  readonly group?: string;
  readonly tasks: IWork;
  /** Ids of its stages. */
  readonly stages: readonly Count[];
  readonly submitted_at?: Time;
  readonly ended_at?: Time;
  /** Estimated seconds that are left; absent while nothing honest can be said. */
  readonly rest_s?: number;
  /** What it waits for, in words, where none of its tasks runs. */
  readonly waits?: string;
  /** Why it failed, or by what it was cancelled: as the stage that failed last has it. */
  readonly failure?: string;
}

export interface IStage {
  readonly id: Count;
  readonly attempt: Count;
  /** The job that it runs for, where that is known. */
  readonly job?: Count;
  readonly state: 'active' | 'complete' | 'failed' | 'pending' | 'skipped';
  readonly description: string;
  readonly cell?: number;
  readonly tasks: IWork;
  readonly submitted_at?: Time;
  readonly ended_at?: Time;
  readonly rest_s?: number;
  /** Read from files. */
  readonly input?: Bytes;
  /** Written to files. */
  readonly output?: Bytes;
  readonly shuffle_read?: Bytes;
  readonly shuffle_write?: Bytes;
  /** Written to disk for want of memory. */
  readonly spilled?: Bytes;
  /** Why it failed: the first line of what Spark says. */
  readonly failure?: string;
}

export interface IFinding {
  /** The same for the same trouble as long as it lasts: "driver-memory", "skew 21.0". */
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  /** With the system's own words, where there are any. */
  readonly cause: string;
  readonly next_step: string;
  readonly action?: Action;
}

/** What one click can do about it. */
export type Action = 'cancel-start' | 'restart-kernel' | 'stop-application' | 'open-ui' | 'dismiss';

/** What travels over the websocket `sparkk8s/api/feed`. Times are seconds since 1970 by the server's clock, sizes are bytes. What is not known is absent; null stands in deltas alone. */
export type FeedFrame = ISnapshot | IDelta | IWatch | IVisible | IDismiss;
