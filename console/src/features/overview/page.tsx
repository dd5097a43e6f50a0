import { Link } from "@tanstack/react-router"
import { type Dashboard, useFigures, useHealth } from "@/features/overview/data.ts"
import { Findings, Latency, Top, Totals } from "@/features/overview/figures.tsx"
import { Live } from "@/features/overview/live.tsx"
import { Hours, OverTime } from "@/features/overview/over-time.tsx"
import { strings } from "@/features/overview/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { RangePicker } from "@/shared/parts/range.tsx"
import { Badge, Card, CodeBlock, PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Skeleton, Waiting } from "@/shared/parts/states.tsx"
import { RANGE_DEFAULTS } from "@/shared/range.ts"
import { useMay, useUser } from "@/shared/session.ts"

const DEFAULTS = { ...RANGE_DEFAULTS, show: "requests" }

export default function OverviewPage() {
  const user = useUser()
  const mayUsage = useMay("usage.read")
  const [filters, setFilters] = useFilters(DEFAULTS)
  return (
    <>
      <PageHead title={strings.title} actions={mayUsage && <RangePicker value={filters} onChange={setFilters} />}>{user?.name ? strings.hello(user.name) : strings.about}</PageHead>
      <div className="grid gap-4">{mayUsage ? <Usage filters={filters} setFilters={setFilters} /> : <Beginning />}</div>
    </>
  )
}

type Given = { filters: typeof DEFAULTS; setFilters: (change: Partial<typeof DEFAULTS>) => void }

function Usage({ filters, setFilters }: Given) {
  const figures = useFigures(filters)
  const mayTail = useMay("requests.read")
  if (figures.isPending) return <Waiting />
  if (figures.error && !figures.data) return <ErrorState error={figures.error} onRetry={() => void figures.refetch()} />
  const { now, before } = figures.data
  return (
    <>
      <Totals now={now} before={before} />
      {now.totals.requests === 0 ? <><EmptyState title={strings.emptyTitle}>{strings.emptyText}</EmptyState><Beginning /></> : (
        <>
          <div className="grid gap-4 xl:grid-cols-[2fr_1fr]">
            <OverTime filters={filters} measure={filters.show} onMeasure={(show) => setFilters({ show })} />
            <Latency found={now.latency} />
          </div>
          <Tops now={now} />
          <div className="grid gap-4 xl:grid-cols-[2fr_1fr]">
            <Hours filters={filters} />
            <Findings found={now.findings} />
          </div>
        </>
      )}
      <div className={mayTail ? "grid gap-4 xl:grid-cols-[2fr_1fr]" : "grid gap-4"}>
        {mayTail && <Live />}
        <Gateway />
      </div>
    </>
  )
}

function Tops({ now }: { now: Dashboard }) {
  return (
    <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
      <Top title={strings.topModels} rows={now.top_models} dimension="model" />
      <Top title={strings.topTeams} rows={now.top_teams} dimension="team" />
      <Top title={strings.topUsers} rows={now.top_users} dimension="user" />
    </div>
  )
}

function Gateway() {
  const health = useHealth()
  const badge = health.data && <Badge tone={health.data.isReady ? "good" : "bad"}>{health.data.isReady ? strings.ready : strings.notReady}</Badge>
  return (
    <Card title={strings.gateway} action={badge}>
      {health.isPending ? <Skeleton className="h-24 w-full" /> : health.error ? <ErrorState compact error={health.error} onRetry={() => void health.refetch()} /> : (
        <ul className="grid gap-2">
          {health.data.dependencies.map((one) => <li key={one.name} className="flex justify-between gap-3 text-sm"><span>{one.name}</span><Badge tone={one.state === "ok" ? "good" : "plain"}>{one.state}</Badge></li>)}
        </ul>
      )}
    </Card>
  )
}

/** For whoever has nothing to look at yet. */
function Beginning() {
  const curl = `curl ${window.location.origin}/v1/chat/completions \\\n  -H "Authorization: Bearer $TORANA_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model": "…", "messages": [{"role": "user", "content": "Hello"}]}'`
  return (
    <Card title={strings.firstCall}>
      <p className="text-sm text-quiet">{strings.firstText}</p>
      <p className="mb-1 flex flex-wrap gap-x-4">
        <Link to={"/keys" as string} className="touch inline-flex items-center text-sm font-medium text-accent hover:underline">{strings.toKeys}</Link>
        <Link to={"/models" as string} className="touch inline-flex items-center text-sm font-medium text-accent hover:underline">{strings.toModels}</Link>
      </p>
      <CodeBlock code={curl} label={strings.firstCall} />
      <p className="mt-4 text-sm text-quiet">{strings.tryText}</p>
      <Link to={"/playground" as string} className="touch mt-2 inline-flex items-center rounded-lg bg-accent px-4 text-sm font-medium text-on-accent">{strings.toPlayground}</Link>
    </Card>
  )
}
