// What the user's settings say, whatever the file holds. Pure; the schema with the words is schema/panel.json.

export const SECTIONS = ['glance', 'progress', 'executors', 'driver'] as const;
export type Section = (typeof SECTIONS)[number];

export interface ISettings {
  /** Seconds between two drawings of the panel, at least. */
  readonly interval: number;
  readonly sections: readonly Section[];
  readonly notifications: boolean;
}

export const DEFAULTS: ISettings = { interval: 0, sections: SECTIONS, notifications: true };

/** Settings from a plugin's settings; a value that makes no sense is the default. */
export function settingsOf(composite: Readonly<Record<string, unknown>>): ISettings {
  const { interval, sections, notifications } = composite;
  return {
    interval: typeof interval === 'number' && interval >= 0 && interval <= 60 ? interval : DEFAULTS.interval,
    sections: Array.isArray(sections) ? SECTIONS.filter(section => sections.includes(section)) : DEFAULTS.sections,
    notifications: typeof notifications === 'boolean' ? notifications : DEFAULTS.notifications
  };
}
