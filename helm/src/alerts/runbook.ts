import type { AlertRule } from './alert-rule';

/** The runbook of an alert, in Markdown: what it means, where to look, what to do. */
export function runbook(alert: AlertRule): string {
  const list = (items: readonly string[]) => items.map((item, i) => `${i + 1}. ${item}`).join('\n');
  const wakes = alert.severity === 'page' ? 'It wakes somebody.' : 'It waits for the morning.';
  return `# ${alert.name}

${plain(alert.summary)}. ${wakes}

Fires when this holds for ${alert.for}:

    ${alert.expr}

## What it means

${alert.meaning}

## Where to look

${list(alert.look)}

## What to do

${list(alert.act)}
`;
}

function plain(summary: string): string {
  return summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => `\`${label}\``);
}
