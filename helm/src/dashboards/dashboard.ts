/** A question to Prometheus, and what its answer is called. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** One picture. */
export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly kind?: 'timeseries' | 'stat';
  /** Grafana's word: s, percentunit, short, reqps, bytes. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** A line that should not be crossed. */
  readonly limit?: number;
}

/** A page of pictures. */
export interface Dashboard {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 8;

/** A dashboard as Grafana imports it: three pictures in a row, the namespace chosen at the top. */
export function grafanaJson({ slug, title, description, panels }: Dashboard): string {
  const dashboard = {
    uid: `corral-${slug}`,
    title: `Corral / ${title}`,
    description,
    tags: ['corral'],
    editable: false,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'namespace',
          label: 'Namespace',
          type: 'query',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          query: { query: 'label_values(corral_ticks_total, namespace)', refId: 'namespace' },
          refresh: 2,
          sort: 1,
        },
      ],
    },
    panels: panels.map((panel, i) => ({
      id: i + 1,
      type: panel.kind ?? 'timeseries',
      title: panel.title,
      ...(panel.description === undefined ? {} : { description: panel.description }),
      datasource: { type: 'prometheus', uid: '${datasource}' },
      gridPos: { x: (i % COLUMNS) * WIDTH, y: Math.floor(i / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: {
        defaults: {
          unit: panel.unit,
          min: 0,
          ...(panel.limit === undefined
            ? {}
            : {
                thresholds: {
                  mode: 'absolute',
                  steps: [
                    { color: 'green', value: null },
                    { color: 'red', value: panel.limit },
                  ],
                },
                custom: { thresholdsStyle: { mode: 'line' } },
              }),
        },
        overrides: [],
      },
      targets: panel.queries.map(({ expr, legend }, q) => ({
        refId: String.fromCharCode(65 + q),
        expr,
        legendFormat: legend,
      })),
    })),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
