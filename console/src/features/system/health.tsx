import { healthOf, type Sink, useInfo } from "@/features/system/data.ts"
import { Fitting } from "@/features/system/problems.tsx"
import { strings } from "@/features/system/strings.ts"
import { duration, number } from "@/shared/format/numbers.ts"
import { Badge, Card, CodeBlock, Stat } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const { stats, columns: head } = strings

const COLUMNS: readonly Column<Sink>[] = [
  { id: "name", head: head.name, cell: (one) => one.name, value: (one) => one.name },
  { id: "state", head: head.state, cell: (one) => <SinkBadge sink={one} />, value: (one) => (one.awayS > 0 ? strings.failing(duration(one.awayS * 1000)) : one.opened ? strings.well : strings.closed) },
  { id: "sent", head: head.sent, cell: (one) => number(one.sent), value: (one) => one.sent, align: "right" },
  { id: "lag", head: head.lag, cell: (one) => number(one.lag), value: (one) => one.lag, align: "right" },
  { id: "failures", head: head.failures, cell: (one) => number(one.failures), value: (one) => one.failures, align: "right" },
  { id: "missed", head: head.missed, cell: (one) => number(one.missed), value: (one) => one.missed, align: "right" },
  { id: "error", head: head.error, cell: (one) => <span className="break-words">{one.error || "–"}</span>, value: (one) => one.error },
]

function SinkBadge({ sink }: { sink: Sink }) {
  if (sink.awayS > 0) return <Badge tone="bad">{strings.failing(duration(sink.awayS * 1000))}</Badge>
  return sink.opened ? <Badge tone="good">{strings.well}</Badge> : <Badge tone="warn">{strings.closed}</Badge>
}

/** How the process is, told anew every few seconds. */
export function Health() {
  const info = useInfo()
  if (info.isPending) return <Waiting />
  if (info.error) return <ErrorState error={info.error} onRetry={() => void info.refetch()} />
  const found = healthOf(info.data)
  return (
    <div className="grid gap-4">
      {found.keysFault !== "" && <p role="alert" className="rounded-xl border border-bad bg-bad-soft p-4"><strong className="block text-bad">{strings.keysFault}</strong>{found.keysFault}</p>}
      <Fitting problems={found.problems} />
      <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
        <Stat label={stats.version} value={found.version} />
        <Stat label={stats.snapshot} value={number(found.snapshot)} hint={<span title={strings.digest(found.digest)} className="font-mono text-xs">{found.digest.slice(0, 8)}</span>} />
        <Stat label={stats.flight} value={number(found.flight)} />
        <Stat label={stats.holds} value={number(found.holds)} hint={strings.holdsHint} />
        <Stat label={stats.queued} value={number(found.queued)} />
        <Stat label={stats.dropped} value={number(found.dropped)} hint={strings.droppedHint} />
      </div>
      <Card title={strings.sinks}>
        <p className="mb-3 text-sm text-quiet">{strings.sinksAbout}</p>
        {found.sinks.length === 0 ? <EmptyState title={strings.noSinks} /> : <Table label={strings.sinks} rows={found.sinks} columns={COLUMNS} rowKey={(one) => one.name} file="sinks" />}
      </Card>
      <details className="rounded-xl border bg-card px-4">
        <summary className="touch flex items-center text-sm font-medium">{strings.more}</summary>
        <div className="pb-4"><CodeBlock label={strings.more} code={JSON.stringify(info.data, null, 2)} /></div>
      </details>
    </div>
  )
}
