// The panel's sections in a DOM, drawn from the recorded frames: starts, trouble, figures, progress, the table, the driver.
import { afterEach, describe, expect, it } from 'vitest';
import { IExecutor, IFinding, IJob, IKernel } from '../src/feed/types';
import { PanelModel } from '../src/model/model';
import { Drawn } from './support/drawn';
import { front, IDS, kernel, model, NOW } from './support/recorded';

let drawn: Drawn;

afterEach(() => {
  drawn.dispose();
});

async function draw(of: PanelModel): Promise<string> {
  drawn = new Drawn(of);
  return drawn.text();
}

const finding: IFinding = {
  id: 'gc',
  severity: 'warning',
  title: 'Much garbage collection',
  cause: 'A third of the time.',
  next_step: 'Ask for larger executors.'
};

describe('a start', () => {
  it('shows its steps, what it waits for, what is to come, and can be cancelled', async () => {
    const starting = model('starting');
    starting.front = front(null, {
      title: 'gaia-dr2.ipynb',
      path: 'surveys/gaia-dr2.ipynb',
      kernel: null,
      starting: true
    });
    await draw(starting);
    expect(drawn.regions()).toEqual(['Kernel', 'Start', 'Driver']);
    expect(drawn.names('.jp-SparkPanel-start li')).toEqual([
      'donePod created0.1 s',
      'donePlaced on worker-040.5 s',
      // its time runs on
      expect.stringMatching(/^under wayPulling pyspark:4\.3The image is being pulled from its registry\.\d+\.\d s$/),
      'to comeStarting Python',
      'to comeStarting Spark'
    ]);
    await drawn.click('Cancel start');
    expect(drawn.performed).toEqual([{ kind: 'cancel-start', id: IDS.starting }]);
  });

  it('can not be cancelled once the kernel answers and Spark alone is to come', async () => {
    await draw(model('starting', kernel('starting', { phase: 'starting-spark' })));
    expect(drawn.names('.jp-SparkPanel-start button')).toEqual([]);
    drawn.dispose();
    const other = model('starting', kernel('starting', { phase: 'starting-spark' }));
    other.front = front(IDS.idle);
    other.chosen = IDS.starting;
    await draw(other);
    expect(drawn.names('.jp-SparkPanel-start button')).toEqual(['Cancel start']);
    other.places = { [IDS.starting]: { name: 'a.ipynb', path: 'a.ipynb' } }; // JupyterLab has it
    await drawn.text();
    expect(drawn.names('.jp-SparkPanel-start button')).toEqual([]);
    expect(drawn.names('.jp-SparkPanel-driver button')).toContain('Restart kernel…');
  });
});

describe('trouble', () => {
  it('stands above all else, the worst first, with a button where one click can do it', async () => {
    await draw(model('trouble', kernel('trouble', { stale_s: 0 })));
    expect(drawn.names('.jp-SparkPanel-note h3')).toEqual([
      'ErrorNo executor can start',
      "WarningThe driver's memory is nearly full"
    ]);
    expect(drawn.one('.jp-SparkPanel-note').textContent).toContain('Ask for fewer or smaller executors');
    expect(drawn.regions().slice(0, 3)).toEqual(['Kernel', 'Trouble', 'At a glance']);
    await drawn.click('Stop Spark application…');
    expect(drawn.performed).toEqual([{ kind: 'stop-application', id: IDS.trouble }]);
  });

  it.each([
    ['cancel-start', 'Cancel start'],
    ['restart-kernel', 'Restart kernel…'],
    ['stop-application', 'Stop Spark application…'],
    ['dismiss', 'Dismiss']
  ] as const)('%s has its button', async (action, label) => {
    await draw(model('idle', kernel('idle', { findings: [{ ...finding, action }] })));
    expect(drawn.names('.jp-SparkPanel-note button')).toEqual([label]);
  });

  it('open-ui opens the Spark UI, and has no button without one', async () => {
    const findings: IFinding[] = [{ ...finding, action: 'open-ui' }];
    await draw(model('working', kernel('working', { findings })));
    expect(drawn.names('.jp-SparkPanel-note button')).toEqual(['Spark UI ↗']);
    drawn.dispose();
    await draw(model('dead', kernel('dead', { findings })));
    expect(drawn.names('.jp-SparkPanel-note button')).not.toContain('Spark UI ↗');
  });

  it('a death says why, and leads to a restart or is dismissed', async () => {
    expect(await draw(model('dead'))).toContain(
      'The driver used more memory than its pod has (4Gi).OOMKilled, exit code 137'
    );
    await drawn.click('Restart kernel…');
    await drawn.click('Dismiss');
    expect(drawn.performed.map(({ kind }) => kind)).toEqual(['restart-kernel', 'dismiss']);
  });

  it('tells once why a kernel was started again', async () => {
    const death = kernel('dead').death;
    await draw(model('idle', kernel('idle', { death, findings: [{ ...finding, id: 'death', action: 'dismiss' }] })));
    expect(drawn.names('.jp-SparkPanel-note h3')).toEqual(['WarningMuch garbage collection']);
  });

  it('says how old what is shown is, of the driver and of the feed', async () => {
    expect(await draw(model('trouble'))).toContain("As it was 12 s agoKubernetes' API server can't be reached.");
    drawn.dispose();
    expect(await draw(model('working', kernel('working', { stale_s: 3 })))).toContain('As it was a moment ago');
    drawn.dispose();
    const lost = model('working');
    lost.link = 'lost';
    expect(await draw(lost)).toContain(
      'As it was a moment agoThe connection to the Jupyter server was lost; it is tried again by itself.'
    );
    await drawn.click('Try again now');
    expect(drawn.performed).toEqual([{ kind: 'reconnect' }]);
  });
});

describe('a working application', () => {
  it('has its figures and a chart that can be heard', async () => {
    await draw(model('working'));
    expect(drawn.names('.jp-SparkPanel-glance dl > div')).toEqual([
      'Executors3 / 4',
      'Cores busy16 / 18',
      'Memory18 / 32 GiB'
    ]);
    expect(drawn.one('.jp-SparkPanel-glance svg').getAttribute('aria-label')).toBe(
      'Active tasks in the last five minutes: 16 now, 40 at most'
    );
  });

  it('does not speak of cores where a task takes several', async () => {
    const known = kernel('working');
    const application = known.application && { ...known.application, task_cpus: 2, cores_total: 8, cores_busy: 4 };
    await draw(model('working', { ...known, ...(application && { application }) }));
    expect(drawn.names('.jp-SparkPanel-glance dl > div')[1]).toBe('Slots busy4 / 8');
    expect(drawn.one('.jp-SparkPanel-glance dl > div[title]').title).toBe('Each task takes 2 cores (spark.task.cpus)');
  });

  it('says that it is read less often, and why', async () => {
    const slow = kernel('working', { interval_s: 3, interval_reason: 'With 300 executors they are read each 3 s.' });
    expect(await draw(model('working', slow))).toContain('With 300 executors they are read each 3 s.');
  });

  it('has bars that can be heard and links into the Spark UI', async () => {
    await draw(model('working'));
    expect(drawn.names('.jp-SparkPanel-work')).toEqual([
      'Job 12count · cell 70:41186 of 300 tasks, 16 runningabout 0:25 left',
      'Stage 21map0:41186 of 300 tasks, 16 running3.3 GB read · 52 MB written',
      'Job 11parquet · cell 60:08done, 1 task'
    ]);
    const bar = drawn.one('[role=progressbar]');
    expect([bar.getAttribute('aria-label'), bar.getAttribute('aria-valuenow')]).toEqual(['Job 12', '62']);
    const links = [...drawn.panel.node.querySelectorAll<HTMLAnchorElement>('.jp-SparkPanel-work a')];
    expect(links.map(link => [link.textContent, link.getAttribute('href')])).toEqual([
      ['Job 12', '/lab/sparkk8s/ui/11111111-0000-4000-8000-000000000002/jobs/job/?id=12'],
      ['Stage 21', '/lab/sparkk8s/ui/11111111-0000-4000-8000-000000000002/stages/stage/?id=21&attempt=0'],
      ['Job 11', '/lab/sparkk8s/ui/11111111-0000-4000-8000-000000000002/jobs/job/?id=11']
    ]);
  });

  it('has jobs that were cancelled, which is no failure', async () => {
    const { jobs } = kernel('working');
    const of = (failure: string): IKernel =>
      kernel('working', { jobs: { 12: { ...(jobs['12'] as IJob), state: 'failed', ended_at: NOW, failure } } });
    const said = '[SPARK_JOB_CANCELLED] Job 12 cancelled part of cancelled job group g SQLSTATE: XXKDA';
    await draw(model('working', of(said)));
    expect(drawn.names('.jp-SparkPanel-failure')).toEqual(['part of cancelled job group g']);
    expect(drawn.names('.jp-SparkPanel-progress')[0]).toMatch(/cancelled, \d+ of 300 tasks/);
    drawn.dispose();
    await draw(model('working', of('No space left on device')));
    expect(drawn.names('.jp-SparkPanel-progress')[0]).toMatch(/failed, .*No space left on device/);
  });

  it('has a driver whose mounts, memory and name are there', async () => {
    await draw(model('working'));
    const text = drawn.one('.jp-SparkPanel-driver').textContent;
    expect(text).toContain('up 2 h 14 min');
    expect(text).toContain('Memory2.9 of 4.0 GiB');
    expect(drawn.names('.jp-SparkPanel-driver li')).toEqual(['/gaia-dr2read-write', '/home/anaread-write']);
    await drawn.click('Copy pod name');
    expect(drawn.performed).toEqual([{ kind: 'copy', text: 'spark-ana-7f3c9' }]);
  });

  it('has no uptime and no memory once it has ended', async () => {
    await draw(model('working', kernel('working', { phase: 'dead' })));
    expect(drawn.one('.jp-SparkPanel-driver').textContent).not.toMatch(/up \d|Memory/);
  });

  it('on this machine has a process and no pod', async () => {
    await draw(model('idle'));
    expect(drawn.one('.jp-SparkPanel-driver').textContent).toContain('Process4242');
    expect(drawn.names('.jp-SparkPanel-driver button')).not.toContain('Copy pod name');
  });
});

describe('the executors’ table', () => {
  const rows = (): string[] => drawn.names('.jp-SparkPanel-rows [role=row] [data-column=id]');
  const active = (): string | null => drawn.one('[role=grid]').getAttribute('aria-activedescendant');

  it('has a row for each, the reason of a pending one below it', async () => {
    await draw(model('working'));
    expect(rows()).toEqual(['running1', 'running2', 'running3', 'pending4']);
    expect(drawn.one('.jp-SparkPanel-reason').textContent).toMatch(/^No node can take the pod/);
    expect(drawn.one('[role=grid]').getAttribute('aria-rowcount')).toBe('5');
  });

  it('says so where there is none, wanted or not', async () => {
    const counts = { wanted: 3, running: 0, pending: 0, failed: 0 };
    expect(await draw(model('idle', kernel('idle', { executors: {}, counts })))).toContain('none is there yet');
    drawn.dispose();
    const none = { ...counts, wanted: 0 };
    expect(await draw(model('idle', kernel('idle', { executors: {}, counts: none })))).toContain('for no executor yet');
  });

  it('is sorted by its heads', async () => {
    await draw(model('working'));
    await drawn.click('GC');
    expect(rows()).toEqual(['running3', 'running2', 'running1', 'pending4']);
    expect(drawn.one('[data-column=gc][role=columnheader]').getAttribute('aria-sort')).toBe('descending');
    await drawn.click('GC ↓');
    expect(rows()[0]).toBe('pending4');
  });

  it('is walked by keyboard, and opens a row with its log', async () => {
    await draw(model('trouble'));
    const grid = '[role=grid]';
    expect(drawn.one(grid).tabIndex).toBe(0);
    await drawn.press('ArrowDown', grid);
    expect(active()).toBe('sparkk8s-executor-1');
    await drawn.press('End', grid);
    expect(active()).toBe('sparkk8s-executor-spark-ana-9d8e7-exec-2');
    await drawn.press('ArrowUp', grid);
    await drawn.press('Enter', grid);
    expect(drawn.one('.jp-SparkPanel-details').textContent).toContain(
      'It used more memory than its pod has (8Gi).OOMKilled, exit code 137'
    );
    expect(drawn.one('pre').textContent).toBe(
      'Starting executor 1\nWARN MemoryStore: Not enough space to cache rdd_3_1'
    );
    expect(drawn.one('[role=row][aria-selected=true]').id).toBe('sparkk8s-executor-1');
    await drawn.press('Escape', grid);
    expect(drawn.names('.jp-SparkPanel-details')).toEqual([]);
  });

  it('draws few of a thousand rows', async () => {
    const executors: Record<string, IExecutor> = {};
    for (let id = 1; id <= 1000; id++) {
      executors[id] = { state: 'running', started_at: NOW - id };
    }
    await draw(model('working', kernel('working', { executors })));
    expect(rows().length).toBeLessThan(50);
    expect(drawn.one('.jp-SparkPanel-rows').style.height).toBe('24000px');
  });
});
